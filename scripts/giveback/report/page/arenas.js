/* The arena map: each strip an arena, each field of it a pool, coloured by
 * how many of its blocks are live; a slider goes through the phases. */
"use strict";

giveback.charts.arenas = (() => {
    const GAP = 14; /* between columns of strips */
    const LETTERS = [..."-abcdefghijF"];
    /* Blue: free, so it could go; orange, the more the deeper: held. */
    const paint = d3.scaleLinear([1, 11], ["#fbd9a8", "#9c3f00"]);
    const colour = letter => letter === "-" ? "#7db4e6"
        : paint(LETTERS.indexOf(letter));

    function named(letter) {
        if (letter === ".") {
            return "never used, or purged";
        }
        const tenth = LETTERS.indexOf(letter);
        return letter === "-" ? "free" : letter === "F" ? "full"
            : `${10 * (tenth - 1)} to ${10 * tenth} % of its blocks live`;
    }

    /* [letter, pools] of "61F2a-". */
    const runs = text => [...text.matchAll(/([0-9]*)([-.Fa-j])/g)].map(
        ([, count, letter]) => [letter, Number(count || 1)]);

    /* Strips in columns, from the top down. */
    function layout(box, data) {
        const width = Math.max(box.clientWidth, 280);
        const slots = data.slots.length;
        const narrowest = Math.max(data.pools, Math.min(256,
                                                        4 * data.pools));
        const columns = Math.max(1, Math.min(slots, Math.floor(
            (width + GAP) / (narrowest + GAP))));
        const strip = Math.min((width + GAP) / columns - GAP,
                               12 * data.pools);
        const rows = Math.ceil(slots / columns);
        const high = Math.max(3, Math.min(14, Math.floor(480 / rows)));
        return {width, rows, high, strip, pool: strip / data.pools,
                height: rows * high + 4,
                left: slot => Math.floor(slot / rows) * (strip + GAP),
                top: slot => (slot % rows) * high + 2};
    }

    /* One path a letter: a map has thousands of pools. */
    function paths(map, place) {
        const found = new Map(["mapped", ...LETTERS].map(
            letter => [letter, []]));
        const thick = place.high - (place.high > 4 ? 2 : 1);
        for (const [first, count, text] of map) {
            const parts = runs(text);
            const pools = d3.sum(parts, part => part[1]);
            for (let slot = first; slot < first + count; slot++) {
                const field = (from, length) => `M${
                    (place.left(slot) + from * place.pool).toFixed(2)},${
                    place.top(slot)}h${(length * place.pool).toFixed(2)}v${
                    thick}h${(-length * place.pool).toFixed(2)}z`;
                let from = 0;
                found.get("mapped").push(field(0, pools));
                for (const [letter, length] of parts) {
                    found.get(letter)?.push(field(from, length));
                    from += length;
                }
            }
        }
        return [...found].map(([letter, fields]) => ({
            letter, path: fields.join("")}));
    }

    function legend(box) {
        const entry = d3.select(box).append("div").attr("class", "parts")
            .selectAll("span").data([
                ["-", "free pool"], ["a", "to 10 % live"],
                ["e", "to 50 %"], ["j", "to 100 %"], ["F", "full"],
                [".", "never used or purged"], ["", "arena not there"]])
            .join("span");
        entry.append("i").attr("class", ([letter]) => letter === ""
            ? "swatch absent" : letter === "." ? "swatch mapped" : "swatch")
            .each(function ([letter]) {
                giveback.swatch(d3.select(this), LETTERS.includes(letter)
                    ? colour(letter) : null);
            });
        entry.append("span").text(([, text]) => text);
    }

    /* The pool below a point of the drawing. */
    function under(data, map, place, [x, y]) {
        const column = Math.floor(x / (place.strip + GAP));
        const row = Math.floor((y - 2) / place.high);
        const slot = column * place.rows + row;
        const pool = Math.floor((x - place.left(slot)) / place.pool);
        if (row < 0 || row >= place.rows || slot >= data.slots.length
            || pool < 0 || pool >= data.pools) {
            return null;
        }
        const arena = `arena ${data.slots[slot]}`;
        const found = map.find(([first, count]) => slot >= first
            && slot < first + count);
        if (!found) {
            return [arena, "not there in this phase"];
        }
        let past = 0;
        const run = runs(found[2]).find(([, length]) => {
            past += length;
            return pool < past;
        });
        return run ? [`${arena}, pool ${pool}`, named(run[0])] : null;
    }

    return (box, data) => {
        const place = layout(box, data);
        const svg = giveback.canvas(box, place.height, "img", place.width);
        const group = svg.append("g").attr("data-style", data.style);
        const slot = data.slots.map((index, each) => `M${place.left(each)},${
            place.top(each)}h${place.strip.toFixed(2)}v${
            place.high - (place.high > 4 ? 2 : 1)}h-${
            place.strip.toFixed(2)}z`);
        /* So thin a strip would be all outline, and look as if purged. */
        group.append("path").attr("class", "slots").attr("d", slot.join(""))
            .style("stroke", place.high <= 4 ? "none" : null);
        let map = [];
        giveback.slider(box, data.frames, data.start, number => {
            const frame = data.frames[number];
            map = data.maps[frame.map];
            group.selectAll("path.pools").data(paths(map, place)).join("path")
                .attr("class", ({letter}) => letter === "mapped"
                    ? "pools mapped" : "pools")
                .attr("data-letter", ({letter}) => letter)
                .style("fill", ({letter}) => letter === "mapped" ? null
                    : colour(letter))
                .attr("d", ({path}) => path);
            svg.attr("aria-label", `${box.dataset.title}, ${frame.text}: ${
                frame.state}`);
        });
        legend(box);
        svg.node().addEventListener("pointermove", event => {
            const {left, top} = svg.node().getBoundingClientRect();
            giveback.say(under(data, map, place, [event.clientX - left,
                                                  event.clientY - top]),
                         event.clientX, event.clientY);
        });
        svg.node().addEventListener("pointerleave",
                                    () => giveback.say(null));
    };
})();
