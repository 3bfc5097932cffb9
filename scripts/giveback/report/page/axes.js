/* Logarithmic axes, and places beside them for what has none on them: 0, or
 * a word. */
"use strict";

/* `place` of a number or of one of the words; `breaks` are where the scale
 * ends and the words begin. */
giveback.logPlaces = (values, before, after, [left, right]) => {
    const SLOT = 68;
    const GAP = 12;
    const from = left + (before.length ? before.length * SLOT + GAP : GAP);
    const to = right - (after.length ? after.length * SLOT + GAP : GAP);
    const scale = d3.scaleLog(values.length ? d3.extent(values) : [1, 10],
                              [from, to]);
    const words = new Map([
        ...before.map((word, index) => [word, left + (index + 0.5) * SLOT]),
        ...after.map((word, index) => [
            word, right - (after.length - index - 0.5) * SLOT])]);
    return {
        place: at => typeof at === "string" ? words.get(at) : scale(at),
        breaks: [...before.length ? [from - GAP] : [],
                 ...after.length ? [to + GAP] : []],
        words: [...words].map(([text, x]) => ({text, x, word: true})),
    };
};

/* Ticks {x, text, word} below a line at `y`; of the scale's own those are left
 * out that would run into the one before or into a word. */
giveback.ticks = (group, ticks, y, height) => {
    const half = text => text.length * 3.4;
    const words = ticks.filter(tick => tick.word);
    let free = -Infinity;
    for (const {x, text, word} of [...ticks].sort((a, b) => a.x - b.x)) {
        group.append("line").attr("class", "tick-line").attr("x1", x)
            .attr("x2", x).attr("y1", y - height).attr("y2", y + 4);
        if (word || x - half(text) > free && !words.some(other =>
            Math.abs(other.x - x) < half(text) + half(other.text) + 4)) {
            group.append("text").attr("class", "tick-text").attr("x", x)
                .attr("y", y + 17).attr("text-anchor", "middle").text(text);
            free = x + half(text) + 4;
        }
    }
};

/* Dashed where a scale ends. */
giveback.breaks = (group, places, top, bottom) => {
    for (const x of places) {
        group.append("line").attr("class", "break").attr("x1", x)
            .attr("x2", x).attr("y1", top).attr("y2", bottom);
    }
};
