/* The raw lines: packed in the page, saved as the file they came from. */
"use strict";

giveback.raw = () => {
    const said = document.getElementById("raw-said");

    const PAGE = 4096;

    /* A list's numbers, of its differences as embed.py leaves them. */
    function summed(list) {
        const unit = list[0] === "p" ? PAGE : 1;
        let last = 0;
        return list.replace("p", "").split(",").map(
            difference => last += Number(difference) * unit).join(",");
    }

    /* The lists go back to their places, in the order of their names, then the
     * maps, which have numbers. */
    function restored(text) {
        const cut = text.lastIndexOf("\n\n");
        const rows = text.slice(0, cut);
        const lists = text.slice(cut + 2).split("\n");
        const next = {};
        let first = 0;
        for (const name of ["t_ns", "resident_bytes", "live_bytes"]) {
            next[name] = first;
            first += rows.split(new RegExp(`"${name}": ?\\[@\\]`)).length - 1;
        }
        return rows.replace(
            /("(t_ns|resident_bytes|live_bytes)": ?\[)@(?=\])/g,
            (all, head, name) => head + summed(lists[next[name]++]))
            .replace(/("(?:map|stretches)": ?\[)@(\d+)(?=\])/g,
                     (all, head, number) => head
                         + lists[first + Number(number)]);
    }

    async function lines() {
        const packed = document.getElementById("raw-lines").textContent;
        const bytes = Uint8Array.from(atob(packed.trim()),
                                      sign => sign.charCodeAt(0));
        const stream = new Blob([bytes]).stream()
            .pipeThrough(new DecompressionStream("gzip"));
        return new Blob([restored(await new Response(stream).text())]);
    }

    document.getElementById("raw").addEventListener("click", async () => {
        const blob = await lines();
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = "results.jsonl";
        link.click();
        said.textContent = `${blob.size.toLocaleString("en")} bytes`;
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
    giveback.rawLines = lines;
};
