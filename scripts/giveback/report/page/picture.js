/* A chart as a drawing of its own: title above, keys, caption and versions
 * below, and of the page's styles those that it uses. */
"use strict";

giveback.picture = (() => {
    const WIDTH = 860;
    const EDGE = 16;
    const LINE = 16;
    const LETTER = 7.6; /* about the width of one at 12 px */

    /* What `var(--name)` is on a light page. */
    const light = text => text.replace(/var\((--[a-z0-9-]+)\)/g,
        (all, name) => new RegExp(`:root \\{[^}]*${name}: ([^;]+);`)
            .exec(giveback.style)[1]);

    /* Drawn as in the page, to a tenth of a pixel; without what only a
     * reader's hand moves. */
    function drawn(chart) {
        const box = document.body.appendChild(document.createElement("div"));
        Object.defineProperty(box, "clientWidth", {value: WIDTH});
        Object.assign(box.dataset, {chart: chart.anchor, title: chart.title});
        giveback.charts[chart.data.kind](box, chart.data);
        const drawing = box.querySelector("svg");
        const parts = [...box.querySelectorAll(".parts > span")].map(
            part => [part.textContent, part.firstElementChild]);
        d3.select(drawing).selectAll(".ruler, .chosen").remove();
        d3.select(drawing).selectAll(".mark").attr("tabindex", null)
            .attr("role", null).attr("aria-label", null);
        for (const name of ["tabindex", "role", "aria-label"]) {
            drawing.removeAttribute(name);
        }
        box.remove();
        d3.select(drawing).selectAll("path[d]").attr("d", function () {
            return this.getAttribute("d").replace(/\d+\.\d{2,}/g,
                number => String(Number(Number(number).toFixed(1))));
        });
        return {drawing, keys: parts.map(([text, sign]) => ({
            text, draw: place => sign.localName === "svg"
                ? place.append(() => sign.firstElementChild.cloneNode(true))
                : swatch(place, sign)}))};
    }

    /* A field of the page's legend, also one coloured by hand. */
    function swatch(place, sign) {
        place.append("rect").attr("width", 14).attr("height", 14)
            .attr("class", sign.className)
            .style("fill", sign.style.getPropertyValue("fill") || null);
    }

    /* A name without the figure before it, or the mark of a note after it. */
    const plain = text => text.replace(/^[-\u2212\d.,]+ /, "")
        .replace(/\*$/, "");

    /* Keys of the allocators that the drawing shows and does not name. */
    function unnamed(drawing, names) {
        const said = new Set([...drawing.querySelectorAll("text, title")]
            .flatMap(one => [...one.childNodes]).flatMap(node => [
                node.textContent, plain(node.textContent)]));
        const shown = new Set([...drawing.querySelectorAll("[data-style]")]
            .map(mark => Number(mark.dataset.style)));
        return names.filter(([style, name]) => shown.has(style)
            && !said.has(name)).map(([style, name]) => ({
            text: name, wide: 46, draw: place => giveback.key(place, style)}));
    }

    /* As many a line as fit; where the next line begins. */
    function keys(svg, all, top) {
        let left = EDGE;
        let base = top;
        for (const {text, draw, wide = 20} of all) {
            const whole = wide + text.length * LETTER + 12;
            if (left > EDGE && left + whole > svg.attr("width") - EDGE) {
                left = EDGE;
                base += LINE + 4;
            }
            const key = svg.append("g").attr("class", "picture-key")
                .attr("transform", `translate(${left},${base})`);
            draw(key);
            key.append("text").attr("x", wide).attr("y", 11)
                .attr("fill", light("var(--text)")).text(text);
            left += whole;
        }
        return left > EDGE ? base + LINE + 8 : top;
    }

    function lines(svg, texts, top, size, colour, weight = "normal") {
        texts.forEach((text, index) => svg.append("text").attr("x", EDGE)
            .attr("y", top + index * (size + 4)).attr("font-size", size)
            .attr("font-weight", weight).attr("fill", colour).text(text));
        return top + texts.length * (size + 4);
    }

    /* The page's rules, but for those of media, which are indented; one that
     * the drawing does not meet, or that waits for a reader, is left out. */
    function styles(svg) {
        const rules = giveback.style.replace(/\/\*[^]*?\*\//g, "")
            .matchAll(/^([^@{}\s][^{}]*) \{([^{}]*)\}/gm);
        const kept = [...rules].filter(([, selector]) => selector !== "*"
            && !/[:@[]/.test(selector) && svg.node().querySelector(selector));
        return kept.map(([rule]) => light(rule)).join("\n");
    }

    /* chart: {anchor, title, heading, caption, versions, names, data}; those
     * in the middle are lists of lines, `names` of [style, name]. */
    return chart => {
        const {drawing, keys: parts} = drawn(chart);
        const svg = d3.select(document.body).append("svg")
            .attr("class", "chart").attr("role", "img")
            .attr("font-family", "sans-serif").attr("font-size", 12);
        svg.append("title").text(chart.title);
        svg.append("desc").text(chart.caption.join(" "));
        const style = svg.append("style");
        const ground = svg.append("rect").attr("fill", light("var(--ground)"));
        const width = Math.max(WIDTH, drawing.getAttribute("width"))
            + 2 * EDGE;
        svg.attr("width", width);
        let top = lines(svg, chart.heading, 28, 15, light("var(--text)"),
                        "bold") + 2;
        drawing.setAttribute("x", EDGE);
        drawing.setAttribute("y", top);
        svg.append(() => drawing);
        top += Number(drawing.getAttribute("height")) + 6;
        top = keys(svg, [...parts, ...unnamed(drawing, chart.names)], top)
            + 12;
        top = lines(svg, chart.caption, top, 12, light("var(--quiet)"));
        top = lines(svg, chart.versions, top, 10, light("var(--quiet)"));
        svg.attr("height", top).attr("viewBox", `0 0 ${width} ${top}`);
        ground.attr("width", width).attr("height", top);
        svg.selectAll("[style]").attr("style", function () {
            return light(this.getAttribute("style"));
        });
        style.text(styles(svg));
        svg.remove();
        return new XMLSerializer().serializeToString(svg.node());
    };
})();
