/* The raw lines: packed in the page, saved as the file they came from. */
"use strict";

giveback.raw = () => {
    const said = document.getElementById("raw-said");

    /* The sums of the differences that embed.py left of a timeline. */
    function summed(text) {
        return text.replace(
            /("(?:t_ns|resident_bytes|live_bytes)": ?\[)((?:0|-?[1-9][0-9]{0,15})(?:,(?:0|-?[1-9][0-9]{0,15}))*)(?=\])/g,
            (all, head, differences) => {
                let last = 0;
                return head + differences.split(",").map(
                    difference => last += Number(difference)).join(",");
            });
    }

    async function lines() {
        const packed = document.getElementById("raw-lines").textContent;
        const bytes = Uint8Array.from(atob(packed.trim()),
                                      sign => sign.charCodeAt(0));
        const stream = new Blob([bytes]).stream()
            .pipeThrough(new DecompressionStream("gzip"));
        return new Blob([summed(await new Response(stream).text())]);
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
