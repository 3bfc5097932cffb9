/* Tables: a press on a head sorts by it, again turns the order round. Fields
 * without a value stay last. */
"use strict";

giveback.tables = () => {
    const key = (row, column) => row.cells[column].dataset.sort;

    function order(one, other) {
        if (one === undefined || other === undefined) {
            return (one === undefined) - (other === undefined);
        }
        const numbers = [Number(one), Number(other)];
        return numbers.some(Number.isNaN) ? one.localeCompare(other)
            : numbers[0] - numbers[1];
    }

    function sort(table, head, column) {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const each of table.tHead.rows[0].cells) {
            each.removeAttribute("aria-sort");
        }
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((one, other) => {
            const keys = [key(one, column), key(other, column)];
            const sign = down && !keys.includes(undefined) ? -1 : 1;
            return sign * order(...keys);
        });
        body.append(...rows);
    }

    for (const table of document.querySelectorAll("table")) {
        [...table.tHead.rows[0].cells].forEach((head, column) => {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = head.textContent;
            button.addEventListener("click", () => sort(table, head, column));
            head.replaceChildren(button);
        });
    }
};
