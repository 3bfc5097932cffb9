/* Lines through measured points over a logarithmic axis: survivors, what-if
 * units, rates of requests. Several panels have the same axes. */
"use strict";

giveback.charts.curve = (() => {
    const HEIGHT = 300;
    const LEAST = 300; /* of a panel among several */

    function yScale(data, top, bottom) {
        const points = data.panels.flatMap(panel => panel.series)
            .flatMap(series => series.points);
        const values = points.flatMap(point => [point.y,
                                                ...point.ends || []]);
        const laws = data.panels.flatMap(panel => panel.laws)
            .flatMap(law => law.points.map(point => point[1]));
        return d3.scaleLinear(
            [Math.min(0, d3.min(values)),
             Math.max(data.line ?? 0, d3.max([...values, ...laws]), 0.1)],
            [bottom, top]).nice();
    }

    function axes(group, data, {x, y}, [left, right]) {
        const bottom = y.range()[0];
        group.append("g").attr("class", "axis grid")
            .attr("transform", `translate(${left},0)`)
            .call(d3.axisLeft(y).ticks(5).tickSize(left - right));
        giveback.ticks(group.append("g"), [
            ...data.ticks.map(([at, text]) => ({x: x.place(at), text})),
            ...x.words], bottom, 0);
        giveback.breaks(group, x.breaks, y.range()[1], bottom);
        giveback.axisTitle(group, right, bottom + 36, data.x_title, "end");
        giveback.axisTitle(group, left - 40, y.range()[1] - 14, data.y_title);
        if (data.line !== null) {
            group.append("line").attr("class", "reference")
                .attr("x1", left).attr("x2", right)
                .attr("y1", y(data.line)).attr("y2", y(data.line));
        }
    }

    function laws(group, panel, {x, y}) {
        const line = d3.line().x(point => x.place(point[0]))
            .y(point => y(point[1]));
        const each = group.selectAll("g.law").data(panel.laws).join("g")
            .attr("class", law => law.own ? "law own" : "law");
        each.append("path").attr("d", law => line(law.points))
            .style("stroke", law => law.own
                ? giveback.colour(panel.series[0].style) : null);
    }

    /* Left of where they cross the middle, so that they lie apart. */
    function lawNames(group, panel, {x, y}) {
        const middle = (y.domain()[0] + y.domain()[1]) / 2;
        group.selectAll("text.law-name").data(panel.laws).join("text")
            .attr("class", law => `law-name${law.own ? " own" : ""}`)
            .attr("text-anchor", "end").attr("dx", -5).each(function (law) {
                const [at, level] = law.points.find(
                    point => point[1] <= middle) || law.points[0];
                d3.select(this).attr("x", x.place(at)).attr("y", y(level))
                    .text(law.label);
            });
    }

    /* A line has a gap where the scale ends. */
    function line(points, {x, y}) {
        return d3.line().defined(point => typeof point.x === "number")
            .x(point => x.place(point.x)).y(point => y(point.y))(points);
    }

    function series(group, panel, scale) {
        const {x, y} = scale;
        const each = group.selectAll("g.series").data(panel.series).join("g")
            .attr("class", "series").attr("data-style", one => one.style);
        /* Beside the law's lines points alone tell more. */
        each.filter(() => !panel.laws.length).append("path")
            .attr("class", "line")
            .attr("stroke-dasharray", one => giveback.dash(one.style))
            .style("stroke", one => giveback.colour(one.style))
            .attr("d", one => line(one.points, scale));
        const marks = each.selectAll("g.at").data(one => one.points.map(
            point => ({one, point}))).join("g");
        marks.filter(({point}) => point.ends).append("path")
            .attr("class", "whisker").attr("d", ({point}) => {
                const [low, high] = point.ends.map(y);
                return `M${x.place(point.x)},${low}V${high}m-4,0h8M${
                    x.place(point.x) - 4},${low}h8`;
            });
        return marks.append("path").attr("class", "shape")
            .attr("d", ({one}) => giveback.shape(one.style))
            .attr("transform", ({point}) => `translate(${x.place(point.x)},${
                y(point.y)})`)
            .style("fill", ({one}) => giveback.colour(one.style));
    }

    /* At the right, moved apart where they would overlap. */
    function names(group, panel, {y}, right) {
        const told = panel.series.map(one => ({
            one, level: y(one.points[one.points.length - 1].y) + 4}))
            .sort((one, other) => one.level - other.level);
        let next = y.range()[0] + 4;
        for (const name of [...told].reverse()) {
            name.level = next = Math.min(name.level, next);
            next -= 14;
        }
        const each = group.selectAll("g.name").data(told).join("g")
            .attr("class", "name").attr("data-style", ({one}) => one.style);
        each.append("path").attr("class", "shape")
            .attr("d", ({one}) => giveback.shape(one.style))
            .attr("transform", ({level}) => `translate(${right + 12},${
                level - 4})`)
            .style("fill", ({one}) => giveback.colour(one.style));
        each.append("text").attr("x", right + 20)
            .attr("y", ({level}) => level).each(function ({one}) {
                giveback.label(d3.select(this), one.name, 25);
            });
    }

    function draw(group, data, panel, place) {
        const named = data.panels.length === 1 && place.width > 560;
        const top = panel.title ? 66 : 30;
        const left = 46;
        const right = place.width - (named ? 200 : 14);
        const y = yScale(data, top, HEIGHT - 46);
        const x = giveback.logPlaces(data.ticks.map(tick => tick[0]),
                                     data.before, data.after, [left, right]);
        const scale = {x, y};
        axes(group, data, scale, [left, right]);
        laws(group, panel, scale);
        if (panel.title) {
            giveback.label(group.append("text").attr("class", "group")
                .attr("x", 6).attr("y", 16), panel.title, place.width / 7.6);
            giveback.label(group.append("text").attr("class", "axis-title")
                .attr("x", 6).attr("y", 33), panel.note, place.width / 6.4);
        }
        if (named) {
            names(group, panel, scale, right);
        }
        const shapes = series(group, panel, scale);
        lawNames(group, panel, scale);
        return shapes;
    }

    return (box, data) => {
        const whole = Math.max(box.clientWidth, 280);
        const count = data.panels.length;
        const most = Math.max(1, Math.floor(whole / LEAST));
        const columns = Math.ceil(count / Math.ceil(count / most));
        const width = Math.floor(whole / columns);
        const svg = giveback.canvas(
            box, HEIGHT * Math.ceil(count / columns), "group", whole);
        const shapes = data.panels.flatMap((panel, index) => {
            const group = svg.append("g").attr("class", "panel").attr(
                "transform", `translate(${(index % columns) * width},${
                    Math.floor(index / columns) * HEIGHT})`);
            if (count > 1 && panel.series.length === 1) {
                group.attr("data-style", panel.series[0].style);
            }
            return draw(group, data, panel, {width}).nodes();
        });
        giveback.marks(d3.selectAll(shapes),
                       ({one, point}) => [one.name, point.text]);
    };
})();
