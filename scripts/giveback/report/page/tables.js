/* Tables: a press on a head sorts by it, again turns the order round; fields
 * without a value stay last. Words typed above a table filter its rows. */
"use strict";

giveback.tables = () => {
    const LEAST_ROWS = 4; /* of a table that is worth a filter */

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

    /* Shows the rows that hold each typed word, in any case of letters. */
    function filter(table) {
        const rows = [...table.tBodies[0].rows];
        if (rows.length < LEAST_ROWS) {
            return;
        }
        const field = document.createElement("input");
        const said = document.createElement("span");
        const place = document.createElement("p");
        field.type = "search";
        field.placeholder = "filter rows";
        field.setAttribute("aria-label", `filter ${rows.length} rows`);
        said.setAttribute("role", "status");
        place.className = "filter";
        place.append(field, said);
        table.parentNode.before(place);
        field.addEventListener("input", () => {
            const words = field.value.toLowerCase().split(/\s+/);
            for (const row of rows) {
                const text = row.textContent.toLowerCase();
                row.hidden = !words.every(word => text.includes(word));
            }
            const shown = rows.filter(row => !row.hidden).length;
            said.textContent = shown === rows.length ? ""
                : ` ${shown} of ${rows.length} rows`;
        });
    }

    for (const table of document.querySelectorAll("table")) {
        [...table.tHead.rows[0].cells].forEach((head, column) => {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = head.textContent;
            button.addEventListener("click", () => sort(table, head, column));
            head.replaceChildren(button);
        });
        filter(table);
    }
};
