/* Draws every chart, again when its width changes; the keys of the legend,
 * the theme, print. */
"use strict";

(() => {
    const all = JSON.parse(document.getElementById("charts").textContent);
    const boxes = [...document.querySelectorAll(".chart")];

    /* What a legend has switched off stays off. */
    function veil(box) {
        for (const key of box.closest(".run").querySelectorAll(".key")) {
            const off = key.getAttribute("aria-pressed") === "false";
            for (const mark of box.querySelectorAll(
                `[data-style="${key.dataset.style}"]`)) {
                mark.classList.toggle("off", off);
            }
        }
    }

    giveback.redraw = (box, data) => {
        box.drawn = box.clientWidth;
        giveback.charts[data.kind](box, data);
        veil(box);
        performance.mark("chart"); /* read by benchmarks/report_size */
    };

    const widths = new ResizeObserver(entries => {
        for (const {target} of entries) {
            if (target.drawn !== target.clientWidth) {
                giveback.redraw(target, all[target.dataset.chart]);
            }
        }
    });

    /* What is seen first is drawn first; the rest when it comes near. */
    const near = new IntersectionObserver(entries => {
        for (const {isIntersecting, target} of entries) {
            if (isIntersecting && target.drawn === undefined) {
                giveback.redraw(target, all[target.dataset.chart]);
                widths.observe(target);
                near.unobserve(target);
            }
        }
    }, {rootMargin: "1200px"});

    giveback.drawAll = () => boxes.filter(box => box.drawn === undefined)
        .forEach(box => giveback.redraw(box, all[box.dataset.chart]));

    for (const key of document.querySelectorAll(".key")) {
        const style = Number(key.dataset.style);
        d3.select(key).insert("svg", () => key.firstChild).attr("width", 40)
            .attr("height", 12).attr("aria-hidden", true)
            .call(giveback.key, style);
        key.addEventListener("click", () => {
            const on = key.getAttribute("aria-pressed") === "true";
            key.setAttribute("aria-pressed", !on);
            key.closest(".run").querySelectorAll(".chart").forEach(veil);
        });
    }

    document.getElementById("theme").addEventListener("click", () => {
        const root = document.documentElement;
        const dark = root.dataset.theme ? root.dataset.theme === "dark"
            : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
    });

    window.addEventListener("beforeprint", () => {
        giveback.drawAll();
        document.querySelectorAll("details").forEach(details => {
            details.open = true;
        });
    });

    boxes.forEach(box => near.observe(box));
    giveback.families();
    giveback.tables();
    giveback.raw();
})();
