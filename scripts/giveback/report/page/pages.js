/* Page truth: a stacked bar for each allocator, from zero. */
"use strict";

giveback.charts.pages = (() => {
    const PARTS = {live: "live bytes", waste: "waste in live pages",
                   stranded: "stranded", held: "held",
                   either: "held or stranded"};
    const ROW = 30;
    const whole = bar => d3.sum(bar.parts, part => part[1]);

    function legend(box) {
        const entry = d3.select(box).append("div").attr("class", "parts")
            .selectAll("span").data(Object.entries(PARTS)).join("span");
        entry.append("i").attr("class", part => `swatch ${part[0]}`);
        entry.append("span").text(part => part[1]);
    }

    function says(bar, [part, kib]) {
        const lines = [bar.name, `${PARTS[part]}: ${giveback.mib(kib)}`,
                       `all: ${giveback.mib(whole(bar))}`,
                       `n ${bar.count}`];
        if (bar.dead_ends && ["held", "either"].includes(part)) {
            lines.push(`dead pages: ${
                bar.dead_ends.map(giveback.mib).join(" to ")}`);
        }
        return lines;
    }

    /* A bar's parts one after the other, with where each begins. */
    function stacked(bar) {
        let from = 0;
        return bar.parts.map(part => {
            const start = from;
            from += part[1];
            return {bar, part, start};
        });
    }

    /* The range of what is sampled, about the end of the bar. */
    function whiskers(row, x) {
        const sampled = row.filter(bar => bar.dead_ends);
        const start = bar => whole(bar) - bar.parts.filter(
            part => !["live", "waste"].includes(part[0]))
            .reduce((sum, part) => sum + part[1], 0);
        sampled.append("path").attr("class", "whisker").attr("d", bar => {
            const [from, to] = bar.dead_ends.map(
                kib => x(start(bar) + Math.max(kib, 0)));
            return `M${from},7V17M${from},12H${to}M${to},7V17`;
        });
    }

    return (box, data) => {
        const width = Math.max(box.clientWidth, 280);
        const left = Math.min(210, width * 0.34);
        const height = data.bars.length * ROW + 54;
        const svg = giveback.canvas(box, height, "group", width);
        const greatest = d3.max(data.bars, bar => Math.max(
            whole(bar), bar.dead_ends ? bar.dead_ends[1] : 0));
        const x = d3.scaleLinear([0, Math.max(greatest, 1)],
                                 [left, width - 60]).nice();
        const bottom = data.bars.length * ROW + 8;
        svg.append("g").attr("class", "axis grid")
            .attr("transform", `translate(0,${bottom})`)
            .call(d3.axisBottom(d3.scaleLinear(
                x.domain().map(kib => kib / 1024), x.range()))
                .ticks(Math.max(3, width / 130)).tickSize(-bottom + 4)
                .tickPadding(6));
        giveback.axisTitle(svg, width - 60, bottom + 36,
                           "MiB resident after the last release", "end");
        const row = svg.selectAll("g.bar").data(data.bars).join("g")
            .attr("class", bar => bar.base ? "bar base" : "bar")
            .attr("data-style", bar => bar.style)
            .attr("transform", (bar, index) => `translate(0,${
                index * ROW + 4})`);
        row.append("text").attr("x", left - 8).attr("y", 16)
            .attr("text-anchor", "end").each(function (bar) {
                giveback.label(d3.select(this), bar.name, left / 7.8);
            });
        row.selectAll("rect").data(stacked).join("rect")
            .attr("class", ({part}) => part[0]).attr("y", 2)
            .attr("height", ROW - 10).attr("x", ({start}) => x(start))
            .attr("width", ({part, start}) => Math.max(
                part[1] > 0 ? 1 : 0, x(start + part[1]) - x(start)));
        row.append("text").attr("class", "figure")
            .attr("x", bar => x(whole(bar)) + 5).attr("y", 16)
            .text(bar => giveback.shortMib(whole(bar)));
        whiskers(row, x);
        if (data.reference_kib !== null) {
            svg.append("line").attr("class", "reference")
                .attr("x1", x(data.reference_kib)).attr("y1", 2)
                .attr("x2", x(data.reference_kib)).attr("y2", bottom);
        }
        giveback.marks(row.selectAll("rect"),
                       ({bar, part}) => says(bar, part));
        legend(box);
    };
})();
