/* Single calls: how many of a million are slow, and how slow the slowest
 * are; a row for each allocator, allocations and releases apart. */
"use strict";

giveback.charts.stalls = (() => {
    const ROW = 26;
    const TOP = 46;
    const FOOT = 44;
    const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "us"], [1, "ns"]];

    function duration(ns) {
        const [unit, name] = UNITS.find(([least]) => ns >= least)
            || [1, "ns"];
        return `${d3.format("~g")(ns / unit)} ${name}`;
    }

    /* Whole decades around values above 0. */
    function decades(values) {
        const known = values.filter(value => value > 0);
        if (!known.length) {
            return [1, 10];
        }
        const from = Math.floor(Math.log10(d3.min(known)));
        const to = Math.max(from + 1, Math.ceil(Math.log10(d3.max(known))));
        return d3.range(from, to + 1).map(power => Number(`1e${power}`));
    }

    /* What each dot of the left panels stands for. */
    function legend(box, limits) {
        const entry = d3.select(box).append("div").attr("class", "parts")
            .selectAll("span").data(limits).join("span");
        entry.append("svg").attr("width", 16).attr("height", 16)
            .attr("aria-hidden", true).append("circle")
            .attr("class", (limit, index) => `limit limit-${index}`)
            .attr("cx", 8).attr("cy", 8)
            .attr("r", (limit, index) => 4 + index);
        entry.append("span").text(limit => `above ${limit}`);
    }

    const zero = rate => rate === 0 ? "0" : rate;

    function frame(group, rows, title, x, ticks, [left, right]) {
        const bottom = TOP + rows.length * ROW;
        group.append("text").attr("class", "group").attr("x", 2)
            .attr("y", 16).text(title);
        giveback.ticks(group.append("g"), ticks, bottom,
                       rows.length * ROW);
        giveback.breaks(group, x.breaks, TOP, bottom);
        group.selectAll("text.name").data(rows).join("text")
            .attr("class", "name").attr("data-style", row => row.style)
            .attr("x", left - 8).attr("text-anchor", "end")
            .attr("y", (row, index) => TOP + index * ROW + 17)
            .each(function (row) {
                giveback.label(d3.select(this), row.name, left / 7.6);
            });
        return group.selectAll("g.row").data(rows).join("g")
            .attr("class", "row").attr("data-style", row => row.style)
            .attr("transform", (row, index) => `translate(0,${
                TOP + index * ROW + 13})`)
            .call(each => each.append("line").attr("class", "tick-line")
                .attr("x1", left).attr("x2", right));
    }

    /* How many: a dot for each limit, the greater the fuller. */
    function counts(group, call, data, limits, [left, right]) {
        const rates = data.classes.flatMap(one => one.rows).flatMap(
            row => row.rates.map(({rate}) => rate))
            .filter(rate => rate !== null);
        const powers = decades(rates);
        const x = giveback.logPlaces(powers, rates.includes(0) ? ["0"] : [],
                                     [], [left, right]);
        const ticks = [...powers.map(power => ({
            x: x.place(power), text: d3.format(",~g")(power)})), ...x.words];
        const row = frame(group, call.rows,
                          `${call.name}: calls of a million above ${
                              limits.join(", ")}`, x, ticks, [left, right]);
        giveback.axisTitle(group, right, TOP + call.rows.length * ROW + 36,
                           "of a million calls (log scale)", "end");
        return row.selectAll("circle").data(one => one.rates
            .map((rate, index) => ({one, index, rate: rate.rate,
                                    text: rate.text}))
            .filter(({rate}) => rate !== null).reverse()).join("circle")
            .attr("class", ({index}) => `limit limit-${index}`)
            .attr("cx", ({rate, index}) => x.place(zero(rate))
                + (rate === 0 ? 8 * index - 8 : 0))
            .attr("r", ({index}) => 4 + index)
            .style("color", ({one}) => giveback.colour(one.style)).nodes();
    }

    /* How slow: p99.99 and the longest, joined. */
    function times(group, call, data, [left, right]) {
        const powers = decades(data.classes.flatMap(one => one.rows)
            .flatMap(row => [row.tail_ns, row.longest_ns])
            .filter(time => time !== null));
        const room = right - left > 420 ? 160 : 14;
        const x = giveback.logPlaces(powers, [], [], [left, right - room]);
        const atLeast = time => Math.max(time, powers[0]);
        const ticks = powers.map(power => ({
            x: x.place(power), text: duration(power)}));
        const row = frame(group, call.rows,
                          `${call.name}: p99.99 (dot) and longest (diamond)`,
                          x, ticks, [left, right - room]);
        giveback.axisTitle(group, right - room,
                           TOP + call.rows.length * ROW + 36,
                           "of a call (log scale)", "end");
        const timed = row.filter(one => one.longest_ns !== null
            && one.tail_ns !== null);
        timed.append("line").attr("class", "joined")
            .attr("x1", one => x.place(atLeast(one.tail_ns)))
            .attr("x2", one => x.place(atLeast(one.longest_ns)))
            .style("stroke", one => giveback.colour(one.style));
        row.filter(one => one.longest_ns === null && one.tail_ns === null)
            .append("text").attr("class", "axis-title").attr("x", left + 6)
            .attr("y", 4).text("no such call");
        if (room > 14) {
            timed.append("text").attr("y", 4)
                .attr("x", one => x.place(one.longest_ns) + 10)
                .each(function (one) {
                    giveback.label(d3.select(this), one.longest, 26);
                });
        }
        return row.selectAll("path.shape").data(one => [
            {one, time: one.tail_ns, text: one.tail_text,
             type: d3.symbolCircle},
            {one, time: one.longest_ns, text: one.longest_text,
             type: d3.symbolDiamond}].filter(({time}) => time !== null))
            .join("path").attr("class", "shape")
            .attr("d", ({type}) => d3.symbol().size(70).type(type)())
            .attr("transform", ({time}) => `translate(${
                x.place(atLeast(time))},0)`)
            .style("fill", ({one}) => giveback.colour(one.style)).nodes();
    }

    return (box, data) => {
        const whole = Math.max(box.clientWidth, 280);
        const columns = whole > 860 ? 2 : 1;
        const width = Math.floor(whole / columns);
        const span = [Math.min(180, width * 0.32), width - 14];
        const high = TOP + data.classes[0].rows.length * ROW + FOOT;
        const panels = data.classes.flatMap(call => [
            group => counts(group, call, data, data.limits, span),
            group => times(group, call, data, span)]);
        const svg = giveback.canvas(
            box, high * Math.ceil(panels.length / columns), "group", whole);
        const marks = panels.flatMap((draw, index) => draw(svg.append("g")
            .attr("transform", `translate(${(index % columns) * width},${
                Math.floor(index / columns) * high})`)));
        giveback.marks(d3.selectAll(marks),
                       ({one, text}) => [one.name, text]);
        legend(box, data.limits);
    };
})();
