/* Families: a key that switches all settings of one allocator on and off, and
 * one for all there are. */
"use strict";

giveback.families = () => {
    const isOn = key => key.getAttribute("aria-pressed") === "true";

    /* Pressed while all of its keys are; a press makes them alike. */
    function family(legend, name, keys) {
        const button = document.createElement("button");
        const look = () => button.setAttribute("aria-pressed",
            keys.every(isOn) ? "true" : keys.some(isOn) ? "mixed" : "false");
        button.type = "button";
        button.className = "whole";
        button.textContent = name;
        button.addEventListener("click", () => {
            const on = !keys.every(isOn);
            keys.filter(key => isOn(key) !== on).forEach(key => key.click());
        });
        keys.forEach(key => key.addEventListener("click", () =>
            legend.dispatchEvent(new Event("switched"))));
        legend.addEventListener("switched", look);
        look();
        legend.append(button);
    }

    for (const legend of document.querySelectorAll(".legend")) {
        const keys = [...legend.querySelectorAll(".key")];
        const names = [...new Set(keys.map(key => key.dataset.family))];
        for (const name of names) {
            const own = keys.filter(key => key.dataset.family === name);
            if (own.length > 1 && own.length < keys.length) {
                family(legend, `all ${name}`, own);
            }
        }
        if (keys.length > 1) {
            family(legend, "all", keys);
        }
    }
};
