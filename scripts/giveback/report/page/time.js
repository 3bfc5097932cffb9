/* Resident memory over time: lines in steps over the regime and the tail as
 * bands. Zoom: drag, or + and - and 0; read: hover, or the arrow keys. */
"use strict";

giveback.charts.time = (() => {
    const HEIGHT = 330;
    const at = d3.bisector(point => point[0]).right;

    /* A step function's value; undefined before its first point. */
    const value = (points, ms) => points[at(points, ms) - 1]?.[1];

    function scales(data, width, domain) {
        const points = data.series.flatMap(series => series.points);
        const whole = d3.extent(points, point => point[0]);
        const sizes = [...points, ...data.live].map(point => point[1]);
        const x = d3.scaleLinear(domain || whole, [52, width - margin(width)]);
        const y = d3.scaleLinear([Math.min(0, d3.min(sizes)),
                                  Math.max(1, d3.max(sizes))],
                                 [HEIGHT - 44, 26]).nice();
        return {x, y, whole};
    }

    const margin = width => width < 560 ? 66 : 220;

    function bands(svg, data, {x, y}) {
        const [start, end] = x.domain();
        const parts = [["build and drain", start, Math.min(0, end)],
                       [data.regime, 0, data.settle_ms],
                       ["tail", data.settle_ms, end]];
        for (const [name, from, to] of parts) {
            const left = x(Math.max(from, start));
            const right = x(Math.min(to, end));
            if (right - left < 1) {
                continue;
            }
            svg.append("rect").attr("class", `band ${
                name === data.regime ? "regime" : name.split(" ")[0]}`)
                .attr("x", left).attr("width", right - left)
                .attr("y", y.range()[1]).attr("height",
                                              y.range()[0] - y.range()[1]);
            if (right - left > 7 * Math.min(name.length, 16)) {
                giveback.label(svg.append("text").attr("class", "band-name")
                    .attr("x", left + 4).attr("y", 20), name, 16);
            }
        }
    }

    function axes(svg, width, {x, y}) {
        svg.append("g").attr("class", "axis")
            .attr("transform", `translate(0,${y.range()[0]})`)
            .call(d3.axisBottom(x).ticks(Math.max(3, width / 130))
                .tickFormat(ms => d3.format(",~r")(
                    Number((ms / 1000).toFixed(6)))));
        svg.append("g").attr("class", "axis grid")
            .attr("transform", `translate(${x.range()[0]},0)`)
            .call(d3.axisLeft(d3.scaleLinear(
                y.domain().map(kib => kib / 1024), y.range())).ticks(6)
                .tickSize(x.range()[0] - x.range()[1]));
        giveback.axisTitle(svg, x.range()[1], HEIGHT - 8,
                           "seconds since the last release", "end");
        giveback.axisTitle(svg, 2, 11, "MiB");
    }

    function lines(svg, data, scale, box) {
        const clip = `clip-${box.dataset.chart}`;
        const {x, y} = scale;
        svg.append("clipPath").attr("id", clip).append("rect")
            .attr("x", x.range()[0]).attr("y", 0)
            .attr("width", x.range()[1] - x.range()[0])
            .attr("height", HEIGHT);
        const inside = svg.append("g").attr("clip-path", `url(#${clip})`);
        inside.append("path").attr("class", "live").attr("d", d3.area()
            .curve(d3.curveStepAfter).x(point => x(point[0])).y0(y(0))
            .y1(point => y(point[1]))(data.live));
        const line = d3.line().curve(d3.curveStepAfter)
            .x(point => x(point[0])).y(point => y(point[1]));
        inside.selectAll("path.line").data(data.series).join("path")
            .attr("class", series => series.base ? "line base" : "line")
            .attr("data-style", series => series.style)
            .attr("stroke-dasharray", series => giveback.dash(series.style))
            .style("stroke", series => giveback.colour(series.style))
            .attr("d", series => line(series.points));
    }

    /* What each keeps at the end of the regime: a shape on the line, and the
     * figure at the right, moved apart where figures would overlap. */
    function ends(svg, data, width, {x, y}) {
        const told = data.series.filter(series => !series.base).map(
            series => ({series, ms: Math.min(
                data.settle_ms, series.points.slice(-1)[0][0])}))
            .map(end => ({...end, kib: value(end.series.points, end.ms)}))
            .filter(end => end.kib !== undefined)
            .sort((one, other) => other.kib - one.kib);
        let last = 14;
        for (const end of told) {
            end.place = last = Math.max(y(end.kib) + 4, last + 14);
        }
        let next = HEIGHT - 30;
        for (const end of [...told].reverse()) {
            end.place = next = Math.min(end.place, next - 14);
        }
        const group = svg.selectAll("g.end").data(told).join("g")
            .attr("class", "end").attr("data-style", end => end.series.style);
        group.filter(end => end.ms >= x.domain()[0] && end.ms <= x.domain()[1])
            .append("path").attr("class", "shape")
            .attr("d", end => giveback.shape(end.series.style))
            .attr("transform", end => `translate(${x(end.ms)},${y(end.kib)})`)
            .style("fill", end => giveback.colour(end.series.style));
        const right = x.range()[1] + 14;
        group.append("path").attr("class", "shape")
            .attr("d", end => giveback.shape(end.series.style))
            .attr("transform", end => `translate(${right},${end.place - 4})`)
            .style("fill", end => giveback.colour(end.series.style));
        group.append("text").attr("x", right + 9)
            .attr("y", end => end.place).each(function (end) {
                const name = width < 560 ? "" : ` ${end.series.name}`;
                giveback.label(d3.select(this),
                               giveback.shortMib(end.kib) + name, 28);
            });
        giveback.axisTitle(svg, right - 4, 11, width < 560
            ? "MiB" : `MiB at ${giveback.seconds(data.settle_ms)}`);
    }

    function read(data, svg, ms) {
        const hidden = style => svg.selectAll("path.line").filter(
            series => series.style === style).classed("off");
        const told = data.series.filter(series => !hidden(series.style))
            .map(series => {
                const kib = value(series.points, ms);
                const step = series.tail.filter(([since]) => since <= ms)
                    .map(([, name]) => name).pop();
                return {kib: kib ?? -1, text: `${series.name}: ${
                    kib === undefined ? "not begun" : giveback.mib(kib)}${
                    step ? ` (after ${step})` : ""}`};
            }).sort((one, other) => other.kib - one.kib)
            .map(({text}) => text);
        return [`${giveback.seconds(ms)} after the last release`, ...told];
    }

    function draw(box, data) {
        const width = Math.max(box.clientWidth, 280);
        const scale = scales(data, width, box.domain);
        const svg = giveback.canvas(box, HEIGHT, "img", width)
            .attr("tabindex", 0).attr("class", "time");
        bands(svg, data, scale);
        axes(svg, width, scale);
        lines(svg, data, scale, box);
        ends(svg, data, width, scale);
        listen(box, data, svg, scale);
        buttons(box, data, scale);
    }

    function zoom(box, data, domain, focus = true) {
        box.domain = domain;
        giveback.redraw(box, data);
        if (focus) {
            box.querySelector("svg").focus({preventScroll: true});
        }
    }

    /* By a factor around a moment, never beyond all there is. */
    function scaled({x, whole}, factor, ms) {
        const [start, end] = x.domain();
        const from = Math.max(whole[0], ms - (ms - start) * factor);
        const to = Math.min(whole[1], ms + (end - ms) * factor);
        return to - from >= 1 ? [from, to] : [start, end];
    }

    function listen(box, data, svg, scale) {
        const {x, y} = scale;
        const node = svg.node();
        const middle = (x.domain()[0] + x.domain()[1]) / 2;
        let ms = middle;
        let from = null;
        const ruler = svg.append("line").attr("class", "ruler")
            .attr("y1", y.range()[0]).attr("y2", y.range()[1]);
        const chosen = svg.append("rect").attr("class", "chosen")
            .attr("y", y.range()[1])
            .attr("height", y.range()[0] - y.range()[1]);
        const place = event => Math.max(x.range()[0], Math.min(
            x.range()[1], event.clientX - node.getBoundingClientRect().left));
        const point = (left, top) => {
            ruler.attr("x1", x(ms)).attr("x2", x(ms)).style("opacity", 1);
            giveback.say(read(data, svg, ms), left, top);
        };
        node.addEventListener("pointerdown", event => {
            from = place(event);
        });
        node.addEventListener("pointermove", event => {
            ms = x.invert(place(event));
            point(event.clientX, event.clientY);
            if (from !== null) {
                chosen.attr("x", Math.min(from, place(event)))
                    .attr("width", Math.abs(place(event) - from));
            }
        });
        node.addEventListener("pointerup", event => {
            const both = [from ?? 0, place(event)].sort(d3.ascending);
            const wide = from !== null && both[1] - both[0] > 8;
            from = null;
            if (wide) {
                zoom(box, data, both.map(x.invert));
            }
        });
        node.addEventListener("pointerleave", () => {
            from = null;
            chosen.attr("width", 0);
            ruler.style("opacity", 0);
            giveback.say(null);
        });
        node.addEventListener("blur", () => giveback.say(null));
        node.addEventListener("dblclick", () => zoom(box, data, null));
        node.addEventListener("keydown", event => {
            const step = (x.domain()[1] - x.domain()[0]) / 50;
            const moves = {ArrowLeft: -step, ArrowRight: step};
            const zooms = {"+": scaled(scale, 0.5, ms),
                           "-": scaled(scale, 2, ms), "0": null};
            if (event.key in moves) {
                ms = Math.max(x.domain()[0], Math.min(
                    x.domain()[1], ms + moves[event.key]));
                const {left, top} = node.getBoundingClientRect();
                point(left + x(ms), top + 30);
            } else if (event.key in zooms) {
                zoom(box, data, zooms[event.key]);
            } else {
                return;
            }
            event.preventDefault();
        });
    }

    function buttons(box, data, scale) {
        const middle = (scale.x.domain()[0] + scale.x.domain()[1]) / 2;
        const all = [["whole", "the whole time", null],
                     ["release", "from the last release on",
                      [Math.max(-50, scale.whole[0]), scale.whole[1]]],
                     ["+", "zoom in", scaled(scale, 0.5, middle)],
                     ["\u2212", "zoom out", scaled(scale, 2, middle)]];
        d3.select(box).append("div").attr("class", "controls")
            .selectAll("button").data(all).join("button")
            .attr("type", "button").attr("aria-label", button => button[1])
            .text(button => button[0]).each(function (button) {
                this.addEventListener("click", () => zoom(
                    box, data, button[2], false));
            });
    }

    return draw;
})();
