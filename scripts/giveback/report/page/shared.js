/* Colours, dashes, shapes and units that all charts share; what is said on
 * hover and focus. Text of a result file only ever becomes text. */
"use strict";

const giveback = {
    charts: {}, /* by kind: draws (box, data) */

    /* Colour, dash and shape go round at different lengths, so that no two of
     * 280 allocators look alike. */
    colour: style => `var(--series-${style % 8})`,
    dash: style => ["", "7 3", "2 3", "9 3 2 3", "4 2"][style % 5],
    shape: style => d3.symbol().size(64)
        .type(d3.symbols[style % 7])(),

    mib: kib => kib === null ? "unknown"
        : `${d3.format(",.1f")(kib / 1024)} MiB`,
    /* As the sentences have it: whole from ten on. */
    shortMib: kib => d3.format(Math.abs(kib) >= 9.95 * 1024 ? ",.0f"
        : ".1~f")(kib / 1024),
    seconds: ms => Math.abs(ms) < 1000 ? `${d3.format(",.1~f")(ms)} ms`
        : `${d3.format(",.2f")(ms / 1000)} s`,

    /* An empty drawing that fills its box; `role` is img, or group where its
     * marks can be reached. */
    canvas(box, height, role, width = box.clientWidth) {
        box.replaceChildren();
        return d3.select(box).append("svg")
            .attr("width", width).attr("height", height)
            .attr("viewBox", `0 0 ${width} ${height}`)
            .attr("role", role).attr("aria-label", box.dataset.title);
    },

    /* An allocator's line and shape, 40 by 12 pixels. */
    key(place, style) {
        place.append("path").attr("class", "line").attr("d", "M0,6H40")
            .attr("stroke-dasharray", giveback.dash(style))
            .style("stroke", giveback.colour(style));
        place.append("path").attr("class", "shape")
            .attr("d", giveback.shape(style))
            .attr("transform", "translate(20,6)")
            .style("fill", giveback.colour(style));
    },

    /* A field of a legend; `fill` is for pictures, whose fields are SVG. */
    swatch(field, colour) {
        field.style("background", colour).style("fill", colour);
    },

    /* A shortened text with its whole as title. */
    label(place, text, longest) {
        place.text(text.length > longest ? `${text.slice(0, longest - 1)}…`
            : text);
        if (text.length > longest) {
            place.append("title").text(text);
        }
        return place;
    },

    axisTitle(svg, x, y, text, anchor = "start") {
        svg.append("text").attr("class", "axis-title").attr("x", x)
            .attr("y", y).attr("text-anchor", anchor).text(text);
    },

    /* Says `lines` beside a point of the window; null: nothing more. */
    say(lines, x = 0, y = 0) {
        const hover = document.getElementById("hover");
        hover.hidden = lines === null;
        if (lines === null) {
            return;
        }
        hover.textContent = lines.join("\n");
        const {width, height} = hover.getBoundingClientRect();
        hover.style.left = `${Math.max(4, Math.min(x + 14,
            window.innerWidth - width - 8))}px`;
        hover.style.top = `${Math.max(4, Math.min(y + 14,
            window.innerHeight - height - 8))}px`;
    },
};
