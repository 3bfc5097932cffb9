/* A slider through phases: a range control of the browser's own, so that
 * arrow keys, home and end work, and a screen reader says the phase. */
"use strict";

/* `frames` are {text, state}; `show` draws one by its number and is called at
 * once. Where it stood is kept when the chart is drawn anew. */
giveback.slider = (box, frames, start, show) => {
    const row = d3.select(box).append("div").attr("class", "slider");
    const input = row.append("input").attr("type", "range").attr("min", 0)
        .attr("max", frames.length - 1).attr("step", 1)
        .attr("aria-label", `phase of ${box.dataset.title}`).node();
    const phase = row.append("strong").attr("class", "phase");
    const state = row.append("span").attr("class", "state");
    const move = () => {
        const {text, state: said} = frames[input.value];
        box.frame = input.value;
        input.setAttribute("aria-valuetext", [text, said].filter(Boolean)
            .join(": "));
        phase.text(`${text} (${Number(input.value) + 1} of ${
            frames.length})`);
        state.text(said || "");
        show(Number(input.value));
    };
    input.value = box.frame ?? start;
    input.addEventListener("input", move);
    move();
};
