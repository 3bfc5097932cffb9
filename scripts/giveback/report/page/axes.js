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
        words: [...words].map(([text, x]) => ({text, x})),
    };
};

/* Ticks {x, text} below a line at `y`, those left out that would run into
 * the one before. */
giveback.ticks = (group, ticks, y, height) => {
    let free = -Infinity;
    for (const {x, text} of [...ticks].sort((a, b) => a.x - b.x)) {
        group.append("line").attr("class", "tick-line").attr("x1", x)
            .attr("x2", x).attr("y1", y - height).attr("y2", y + 4);
        const half = text.length * 3.4;
        if (x - half > free) {
            group.append("text").attr("class", "tick-text").attr("x", x)
                .attr("y", y + 17).attr("text-anchor", "middle").text(text);
            free = x + half + 4;
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
