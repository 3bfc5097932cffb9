/* The heat map: a field for each allocator and figure; blue is little, orange
 * is much, and every field says its number. */
"use strict";

giveback.charts.heat = (() => {
    const WIDEST = 92; /* of a column, and what a number needs */
    const LEAST = 76;
    const ROW = 34;
    const TOP = 58;

    /* From -1 (blue) over 0 (pale) to 1 (orange). */
    function heat(field) {
        if (field.kind === "none") {
            return null;
        }
        const place = field.kind === "kept" ? 2 * field.value - 1
            : Math.log(field.value) / Math.log(3);
        return Math.max(-1, Math.min(1, place));
    }

    /* Blue to pale to orange, the same in both themes: text on it is dark. */
    const paint = d3.scaleLinear([-1, 0, 1],
                                 ["#7db4e6", "#f4f1ea", "#f2a24a"]);

    function hatch(svg, id) {
        const pattern = svg.append("pattern").attr("id", id)
            .attr("width", 7).attr("height", 7)
            .attr("patternUnits", "userSpaceOnUse")
            .attr("patternTransform", "rotate(45)");
        pattern.append("rect").attr("class", "hatch-ground")
            .attr("width", 7).attr("height", 7);
        pattern.append("line").attr("class", "hatch-line").attr("y2", 7);
    }

    const says = ({name, column, field}) => [
        name, `${column.group}: ${column.name}`, field.words,
        ...field.interval ? [`interval ${field.interval}`] : [],
        ...field.count ? [`n ${field.count}`] : []];

    function heads(svg, data, left, wide) {
        const groups = d3.group
            ? [...d3.group(data.columns, column => column.group)]
            : d3.nest().key(column => column.group).entries(data.columns)
                .map(({key, values}) => [key, values]);
        let from = 0;
        for (const [name, columns] of groups) {
            giveback.label(svg.append("text").attr("class", "group")
                .attr("x", left + from * wide + 2).attr("y", 16),
                           name, columns.length * wide / 7.4);
            svg.append("line").attr("class", "rule")
                .attr("x1", left + from * wide + 2).attr("y1", 24)
                .attr("x2", left + (from + columns.length) * wide - 4)
                .attr("y2", 24);
            from += columns.length;
        }
        svg.selectAll("text.column").data(data.columns).join("text")
            .attr("class", "column").attr("y", 44)
            .attr("x", (column, index) => left + index * wide + 2)
            .each(function (column) {
                giveback.label(d3.select(this), column.name === "cost"
                    ? "cost, ratio" : `${column.name}, MiB`, wide / 6.6);
            });
    }

    return (box, data) => {
        const left = box.clientWidth < 560 ? 110 : 210;
        const wide = Math.max(LEAST, Math.min(WIDEST, Math.floor(
            (box.clientWidth - left - 4) / data.columns.length)));
        const width = left + data.columns.length * wide + 4;
        const height = TOP + data.names.length * ROW + 4;
        const svg = giveback.canvas(box, height, "group", width);
        const pattern = `hatch-${box.dataset.chart}`;
        hatch(svg, pattern);
        heads(svg, data, left, wide);
        const row = svg.selectAll("g.row").data(data.names).join("g")
            .attr("class", "row")
            .attr("data-style", (name, index) => index)
            .attr("transform", (name, index) => `translate(0,${
                TOP + index * ROW})`);
        row.append("text").attr("x", left - 8).attr("y", 20)
            .attr("text-anchor", "end").each(function (name) {
                giveback.label(d3.select(this), name, left / 7.8);
            });
        const field = row.selectAll("g").data((name, index) =>
            data.fields[index].map((value, place) => ({
                name, field: value, column: data.columns[place], place})))
            .join("g").attr("transform", ({place}) => `translate(${
                left + place * wide},0)`);
        field.append("rect").attr("width", wide - 4)
            .attr("height", ROW - 4).attr("rx", 3)
            .attr("class", ({field: value}) => `field ${value.kind}${
                value.dashed ? " dashed" : ""}`)
            .style("fill", ({field: value}) => value.kind === "none"
                ? `url(#${pattern})` : paint(heat(value)));
        field.append("text").attr("x", 6).attr("y", 13)
            .attr("class", ({field: value}) => `number ${value.kind}`)
            .each(function ({field: value}) {
                giveback.label(d3.select(this), value.text, 11);
            });
        field.append("text").attr("x", 6).attr("y", 26)
            .attr("class", ({field: value}) => `small ${value.kind}`)
            .each(function ({field: value}) {
                const count = value.count ? `n ${value.count}` : "";
                giveback.label(d3.select(this), [value.interval, count]
                    .filter(Boolean).join(", "), 14);
            });
        giveback.marks(field, says);
    };
})();
