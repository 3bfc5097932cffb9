/* Cost against kept memory: a shape for each allocator, its intervals as
 * whiskers, the settings of one joined, the Pareto front ringed. */
"use strict";

giveback.charts.trade = (() => {
    const HEIGHT = 330;
    const margin = {left: 56, right: 20, top: 24, bottom: 44};

    function scales(points, width) {
        const costs = points.map(point => point.ratio + (point.half || 0));
        const sizes = points.flatMap(point => [
            point.kept_kib, ...point.kept_ends || []]);
        return {
            x: d3.scaleLinear([0, d3.max(costs) * 1.05],
                              [margin.left, width - margin.right]).nice(),
            y: d3.scaleLinear([Math.min(0, d3.min(sizes)),
                               Math.max(1024, d3.max(sizes))],
                              [HEIGHT - margin.bottom, margin.top]).nice(),
        };
    }

    function axes(svg, width, {x, y}) {
        svg.append("g").attr("class", "axis grid")
            .attr("transform", `translate(0,${y.range()[0]})`)
            .call(d3.axisBottom(x).ticks(Math.max(3, width / 110))
                .tickSize(y.range()[1] - y.range()[0]).tickPadding(6));
        svg.append("g").attr("class", "axis grid")
            .attr("transform", `translate(${x.range()[0]},0)`)
            .call(d3.axisLeft(d3.scaleLinear(
                y.domain().map(kib => kib / 1024), y.range())).ticks(6)
                .tickSize(x.range()[0] - x.range()[1]));
        giveback.axisTitle(svg, x.range()[1], HEIGHT - 6,
                           "CPU time, ratio to the reference", "end");
        giveback.axisTitle(svg, 2, 12, "MiB kept");
    }

    function families(svg, points, {x, y}) {
        const line = d3.line().x(point => x(point.ratio))
            .y(point => y(point.kept_kib));
        for (const name of new Set(points.map(point => point.family))) {
            const own = points.filter(point => point.family === name)
                .sort((one, other) => one.ratio - other.ratio);
            if (own.length > 1) {
                svg.append("path").attr("class", "family")
                    .attr("d", line(own));
            }
        }
    }

    /* From the fastest of the front to the one that keeps least. */
    function front(svg, points, {x, y}) {
        const own = points.filter(point => point.front)
            .sort((one, other) => one.ratio - other.ratio);
        svg.append("path").attr("class", "front").attr("d", d3.line()
            .curve(d3.curveStepAfter).x(point => x(point.ratio))
            .y(point => y(point.kept_kib))(own));
    }

    function whiskers(group, {x, y}) {
        group.filter(point => point.half !== null).append("path")
            .attr("class", "whisker").attr("d", point => `M${
                x(Math.max(point.ratio - point.half, 0))},${
                y(point.kept_kib)}H${x(point.ratio + point.half)}`);
        group.filter(point => point.kept_ends).append("path")
            .attr("class", "whisker").attr("d", point => `M${
                x(point.ratio)},${y(point.kept_ends[0])}V${
                y(point.kept_ends[1])}`);
    }

    const says = point => [
        point.name, `kept ${giveback.mib(point.kept_kib)}, n ${point.count}`,
        ...point.kept_ends ? [`from ${
            point.kept_ends.map(giveback.mib).join(" to ")}`] : [],
        `cost ${point.ratio_text} (${point.verdict}), ${point.pairs} pairs`,
        ...point.front ? ["on the Pareto front"] : []];

    /* Names beside the shapes, where none is in the way; the legend tells the
     * others. */
    function names(group, width, {x, y}) {
        const taken = [];
        group.append("text").each(function (point) {
            const left = x(point.ratio) + 9;
            const space = Math.min(point.name.length, 26) * 6.4;
            const flip = left + space > width - 4;
            const start = flip ? left - 18 - space : left;
            const free = top => !taken.some(
                box => Math.abs(box.top - top) < 12
                    && box.left < start + space
                    && start < box.left + box.space);
            const level = y(point.kept_kib);
            const top = [level - 6, level + 16].find(free);
            if (top === undefined) {
                return;
            }
            taken.push({left: start, top, space});
            giveback.label(d3.select(this).attr("y", top)
                .attr("x", flip ? left - 18 : left)
                .attr("text-anchor", flip ? "end" : "start"),
                           point.name, 26);
        });
    }

    return (box, data) => {
        const width = Math.max(box.clientWidth, 280);
        const svg = giveback.canvas(box, HEIGHT, "group", width);
        const scale = scales(data.points, width);
        axes(svg, width, scale);
        families(svg, data.points, scale);
        front(svg, data.points, scale);
        const group = svg.selectAll("g.point").data(data.points).join("g")
            .attr("class", "point").attr("data-style", point => point.style);
        whiskers(group, scale);
        const place = point => `translate(${scale.x(point.ratio)},${
            scale.y(point.kept_kib)})`;
        group.filter(point => point.front).append("circle")
            .attr("class", "ring").attr("r", 9).attr("transform", place);
        const shapes = group.append("path").attr("class", "shape")
            .attr("d", point => giveback.shape(point.style))
            .attr("transform", place)
            .style("fill", point => giveback.colour(point.style));
        names(group, width, scale);
        giveback.marks(shapes, says);
    };
})();
