/* Marks that say their exact values: by pointer, and by keyboard as one stop
 * of the tab key, within which the arrow keys move. */
"use strict";

/* `lines` gives what a mark's datum says, line by line. */
giveback.marks = (marks, lines) => {
    const nodes = marks.nodes();
    const shown = () => nodes.filter(
        node => !node.closest(".off"));
    marks.attr("role", "img").attr("class", function () {
        return `${this.getAttribute("class") || ""} mark`.trim();
    }).attr("tabindex", function () {
        return this === nodes[0] ? 0 : -1;
    })
        .attr("aria-label", datum => lines(datum).join(", "));
    marks.each(function (datum) {
        const speak = () => {
            const place = this.getBoundingClientRect();
            giveback.say(lines(datum), place.right, place.top);
        };
        this.addEventListener("pointermove", event => giveback.say(
            lines(datum), event.clientX, event.clientY));
        this.addEventListener("pointerleave", () => giveback.say(null));
        this.addEventListener("focus", speak);
        this.addEventListener("blur", () => giveback.say(null));
        this.addEventListener("keydown", event => {
            const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1,
                          ArrowUp: -1}[event.key];
            if (event.key === "Escape") {
                giveback.say(null);
            }
            if (step === undefined) {
                return;
            }
            event.preventDefault();
            const all = shown();
            const next = all[(all.indexOf(this) + step + all.length)
                % all.length] || this;
            this.setAttribute("tabindex", -1);
            next.setAttribute("tabindex", 0);
            next.focus();
        });
    });
};
