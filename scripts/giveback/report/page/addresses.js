/* Pages by address, phase by phase: a strip for each allocator, a column of it
 * for each unit that was ever resident; a slider goes through the phases. */
"use strict";

giveback.charts.addresses = (() => {
    const NAME = 34; /* above a strip, and what it shows */
    const HIGH = 34; /* of a unit that is resident as a whole */
    const ROW = NAME + HIGH + 14;
    const PARTS = ["with a live byte", "without a live byte",
                   "not resident now"];
    const CLASSES = ["with-live", "dead", "gone"];

    /* [[live, dead], ...] pages of "4+0*2 3+1". */
    const units = text => text.split(" ").flatMap(run => {
        const [, live, dead, count] = /^(\d+)\+(\d+)(?:\*(\d+))?$/.exec(run);
        return Array(Number(count || 1)).fill([Number(live), Number(dead)]);
    });

    /* Where each unit begins, by its place in the strip: [px, number]. */
    function places(strip, scale, gap) {
        const found = [];
        let left = 0;
        for (const [first, count] of strip.stretches) {
            for (let each = 0; each < count; each++) {
                found.push([left, first + each]);
                left += strip.unit * scale;
            }
            left += gap;
        }
        return found;
    }

    const span = strip => d3.sum(strip.stretches, ([, count]) => count)
        * strip.unit;

    /* All strips have one scale; what is between stretches takes at most a
     * tenth of the width. */
    function layout(strips, width) {
        const most = d3.max(strips, strip => strip.stretches.length);
        const gap = Math.min(5, width / 10 / most);
        const scale = (width - gap * most) / d3.max(strips, span);
        return strips.map(strip => ({
            strip, gap, peak: units(strip.peak).map(([, pages]) => pages),
            maps: strip.maps.map(units), places: places(strip, scale, gap),
            wide: strip.unit * scale, pages: strip.unit / 4}));
    }

    /* A path for each part, from below: live pages, dead ones, the rest of
     * what there was at most. */
    function paths(row, map) {
        const fields = [[], [], []];
        row.places.forEach(([left], each) => {
            const [live, dead] = map[each];
            let below = HIGH;
            [live, dead, row.peak[each] - live - dead].forEach(
                (pages, part) => {
                    const least = part === 0 && pages > 0 ? 2 : 0;
                    const high = Math.min(below, Math.max(
                        least, pages / row.pages * HIGH));
                    below -= high;
                    if (high > 0) {
                        fields[part].push(`M${left.toFixed(2)},${
                            below.toFixed(2)}h${row.wide.toFixed(2)}v${
                            high.toFixed(2)}h${(-row.wide).toFixed(2)}z`);
                    }
                });
        });
        return fields.map((field, part) => ({part, path: field.join("")}));
    }

    const jumps = row => row.places.slice(1).flatMap(([left, number], each) =>
        number === row.places[each][1] + 1 ? [] : [
            `M${(left - row.gap / 2).toFixed(2)},-2V${HIGH + 2}`]).join("");

    const size = kib => kib < 1024 ? `${kib} KiB` : giveback.mib(kib);

    /* The unit below a point of a strip. */
    function under(row, number, x) {
        const each = d3.bisectRight(row.places.map(([left]) => left), x) - 1;
        const map = row.maps[row.strip.frames[number]];
        if (each < 0 || x > row.places[each][0] + row.wide || !map) {
            return null;
        }
        const [live, dead] = map[each];
        const start = row.places[each][1] * row.strip.unit * 1024;
        return [`${row.strip.name}, ${row.strip.size} from 0x${
            start.toString(16)}`,
                ...[live, dead, row.peak[each] - live - dead].map(
                    (pages, part) => `${PARTS[part]}: ${size(4 * pages)}`)];
    }

    function legend(box) {
        const entry = d3.select(box).append("div").attr("class", "parts")
            .selectAll("span").data(PARTS).join("span");
        entry.append("i").attr("class", (name, part) => `swatch ${
            CLASSES[part]}`);
        entry.append("span").text(name => `pages ${name}`);
    }

    function hover(svg, groups, shown) {
        const node = svg.node();
        node.addEventListener("pointermove", event => {
            const {left, top} = node.getBoundingClientRect();
            const x = event.clientX - left;
            const y = event.clientY - top;
            const row = groups.data()[Math.floor(y / ROW)];
            giveback.say(row ? under(row, shown(), x) : null,
                         event.clientX, event.clientY);
        });
        node.addEventListener("pointerleave", () => giveback.say(null));
    }

    return (box, data) => {
        const width = Math.max(box.clientWidth, 280);
        const rows = layout(data.strips, width);
        const svg = giveback.canvas(box, rows.length * ROW, "img", width);
        const groups = svg.selectAll("g.strip").data(rows).join("g")
            .attr("class", "strip").attr("data-style", row => row.strip.style)
            .attr("transform", (row, index) => `translate(0,${index * ROW})`);
        groups.append("text").attr("y", 12).each(function ({strip}) {
            giveback.label(d3.select(this), strip.name, width / 7.8);
        });
        const states = groups.append("text").attr("class", "axis-title")
            .attr("y", 28);
        const drawn = groups.append("g")
            .attr("transform", `translate(0,${NAME})`);
        drawn.append("path").attr("class", "jump").attr("d", jumps);
        let shown = 0;
        giveback.slider(box, data.frames.map(text => ({text})), data.start,
                        number => {
            shown = number;
            const map = ({strip, maps}) => maps[strip.frames[number]];
            drawn.selectAll("path.part").data(row => map(row)
                ? paths(row, map(row)) : []).join("path")
                .attr("class", ({part}) => `part ${CLASSES[part]}`)
                .attr("d", ({path}) => path);
            states.each(function ({strip}) {
                giveback.label(d3.select(this), strip.states[number],
                               width / 6.6);
            });
            svg.attr("aria-label", `${box.dataset.title}, ${
                data.frames[number]}: ${data.strips.map(strip => `${
                strip.name}: ${strip.states[number]}`).join("; ")}`);
        });
        legend(box);
        hover(svg, groups, () => shown);
    };
})();
