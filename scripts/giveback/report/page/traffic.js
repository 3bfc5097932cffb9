/* Kernel traffic: for each allocator and phase a stacked bar of system calls,
 * and one of their bytes, from zero. */
"use strict";

giveback.charts.traffic = (() => {
    const ROW = 18;
    const HEAD = 22; /* an allocator's name */
    const TOP = 30;
    const PANELS = [["calls", "calls", calls => calls, "~s",
                     calls => d3.format(calls < 1e6 ? "," : ".3~s")(calls)],
                    ["kib", "MiB", kib => kib / 1024, ",~g",
                     kib => kib > 0 && kib < 51.2 ? "< 0.1"
                         : giveback.shortMib(kib)]];

    const whole = (phase, part) => d3.sum(phase.parts, one => one[part]);

    function legend(box, data) {
        const entry = d3.select(box).append("div").attr("class", "parts")
            .selectAll("span").data(data.names).join("span");
        entry.append("i").attr("class", name => `swatch call-${name}`);
        entry.append("span").text(name => name);
    }

    /* Allocators one below the other, each with its phases. */
    function places(data) {
        let top = TOP;
        return data.rows.map(row => {
            const start = top;
            top += HEAD + row.phases.length * ROW + 8;
            return {row, start, bottom: top};
        });
    }

    const says = ({row, phase, one}) => [
        row.name, `${phase.name}: ${d3.format(",")(one.calls)} ${
            one.name} of ${giveback.mib(one.kib)}`,
        ...one.ends ? [`from ${one.ends.join(" to ")} calls`] : [],
        `n ${row.count}`];

    function stacked(row, phase, part) {
        let from = 0;
        return phase.parts.filter(one => one[part] > 0).map(one => {
            const start = from;
            from += one[part];
            return {row, phase, one, start, size: one[part]};
        });
    }

    function panel(group, data, all, [part, title, unit, form, told],
                   [left, right]) {
        const bottom = all[all.length - 1].bottom;
        const x = d3.scaleLinear([0, Math.max(1, d3.max(data.rows.flatMap(
            row => row.phases), phase => whole(phase, part)) ?? 1)],
                                 [left, right]).nice();
        group.append("g").attr("class", "axis grid")
            .attr("transform", `translate(0,${bottom})`)
            .call(d3.axisBottom(d3.scaleLinear(x.domain().map(unit),
                                               x.range()))
                .ticks(Math.max(2, (right - left) / 110))
                .tickFormat(d3.format(form))
                .tickSize(TOP - bottom).tickPadding(6));
        giveback.label(group.append("text").attr("class", "group")
            .attr("x", 2).attr("y", 16), title, 40);
        const row = group.selectAll("g.bar").data(all).join("g")
            .attr("class", "bar").attr("data-style", ({row: one}) =>
                one.style)
            .attr("transform", ({start}) => `translate(0,${start})`);
        row.append("text").attr("class", "group").attr("x", 2).attr("y", 16)
            .each(function ({row: one}) {
                giveback.label(d3.select(this), one.name, right / 7.6);
            });
        const phase = row.selectAll("g.phase").data(({row: one}) =>
            one.phases.map(each => ({row: one, phase: each}))).join("g")
            .attr("class", "phase").attr("transform", (each, index) =>
                `translate(0,${HEAD + index * ROW})`);
        phase.append("text").attr("x", left - 8).attr("y", 13)
            .attr("text-anchor", "end").each(function ({phase: each}) {
                giveback.label(d3.select(this), each.name, left / 7.4);
            });
        phase.append("text").attr("class", "figure").attr("y", 13)
            .attr("x", ({phase: each}) => x(whole(each, part)) + 5)
            .text(({phase: each}) => told(whole(each, part)));
        return phase.selectAll("rect").data(({row: one, phase: each}) =>
            stacked(one, each, part)).join("rect")
            .attr("class", ({one}) => `call-${one.name}`).attr("y", 2)
            .attr("height", ROW - 5).attr("x", ({start}) => x(start))
            .attr("width", ({start, size}) => Math.max(
                1, x(start + size) - x(start))).nodes();
    }

    return (box, data) => {
        const total = Math.max(box.clientWidth, 280);
        const columns = total > 640 ? 2 : 1;
        const width = Math.floor(total / columns);
        const all = places(data);
        const high = all[all.length - 1].bottom + 34;
        const svg = giveback.canvas(box, high * (2 / columns), "group",
                                    total);
        const span = [Math.min(130, width * 0.3), width - 66];
        const marks = PANELS.flatMap((one, index) => panel(
            svg.append("g").attr("transform", columns === 2
                ? `translate(${index * width},0)`
                : `translate(0,${index * high})`), data, all, one, span));
        giveback.marks(d3.selectAll(marks), says);
        legend(box, data);
    };
})();
