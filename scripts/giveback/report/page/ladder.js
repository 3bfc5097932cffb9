/* Page truth phase by phase: a stacked bar for each allocator, from zero, of
 * how far live bytes reach; a slider goes through the phases. */
"use strict";

giveback.charts.ladder = (() => {
    const ROW = 30;
    const whole = parts => d3.sum(parts || []);

    /* Live bytes grey, the rest of their pages yellow, greater units ever
     * deeper orange, what no unit holds blue. */
    function colours(count) {
        const ramp = d3.scaleLinear([2, Math.max(3, count - 2)],
                                    ["#fbd9a8", "#9c3f00"]);
        return index => index === 0 ? "var(--part-live)"
            : index === 1 ? "var(--part-waste)"
            : index === count - 1 ? "var(--part-held)" : ramp(index);
    }

    function legend(box, data, colour) {
        const entry = d3.select(box).append("div").attr("class", "parts")
            .selectAll("span").data(data.parts).join("span");
        entry.append("i").attr("class", "swatch")
            .each(function (name, index) {
                giveback.swatch(d3.select(this), colour(index));
            });
        entry.append("span").text(name => name);
    }

    /* `all` is less than the parts where one of them is below zero. */
    function stacked(bar, number, names) {
        let from = 0;
        return (bar.frames[number] || []).map((size, index) => {
            const start = from;
            from += size;
            return {bar, size, start, index, name: names[index],
                    all: bar.all[number]};
        });
    }

    const says = ({bar, name, size, all}) => [
        bar.name, `${name}: ${giveback.mib(size)}`,
        `all: ${giveback.mib(all)}`];

    function axis(svg, x, bottom, width) {
        svg.append("g").attr("class", "axis grid")
            .attr("transform", `translate(0,${bottom})`)
            .call(d3.axisBottom(d3.scaleLinear(
                x.domain().map(kib => kib / 1024), x.range()))
                .ticks(Math.max(3, width / 130)).tickSize(-bottom + 4)
                .tickPadding(6));
        giveback.axisTitle(svg, x.range()[1], bottom + 36, "MiB resident",
                           "end");
    }

    return (box, data) => {
        const width = Math.max(box.clientWidth, 280);
        const left = Math.min(210, width * 0.34);
        const bottom = data.bars.length * ROW + 8;
        const svg = giveback.canvas(box, bottom + 46, "group", width);
        const greatest = d3.max(data.bars.flatMap(bar => bar.frames), whole);
        const x = d3.scaleLinear([0, Math.max(greatest, 1)],
                                 [left, width - 60]).nice();
        const colour = colours(data.parts.length);
        axis(svg, x, bottom, width);
        const row = svg.selectAll("g.bar").data(data.bars).join("g")
            .attr("class", "bar").attr("data-style", bar => bar.style)
            .attr("transform", (bar, index) => `translate(0,${
                index * ROW + 4})`);
        row.append("text").attr("x", left - 8).attr("y", 16)
            .attr("text-anchor", "end").each(function (bar) {
                giveback.label(d3.select(this), bar.name, left / 7.8);
            });
        row.append("text").attr("class", "figure").attr("y", 16);
        giveback.slider(box, data.frames.map(text => ({text})), data.start,
                        number => {
            row.selectAll("rect").remove(); /* with what marks listen to */
            row.selectAll("rect").data(bar => stacked(
                bar, number, data.parts)).join("rect")
                .attr("y", 2).attr("height", ROW - 10)
                .style("fill", ({index}) => colour(index))
                .attr("x", ({start}) => x(start))
                .attr("width", ({size, start}) => Math.max(
                    size > 0 ? 1 : 0, x(start + size) - x(start)));
            row.select("text.figure")
                .attr("x", bar => x(whole(bar.frames[number])) + 5)
                .text(bar => bar.frames[number] === null ? "unknown"
                    : giveback.shortMib(bar.all[number]));
            giveback.marks(row.selectAll("rect"), says);
        });
        legend(box, data, colour);
    };
})();
