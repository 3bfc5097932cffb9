/* Draws charts without a browser: run by Node.js, with jsdom for the
 * document. Reads {scripts, style, charts} and writes [svg, ...], as JSON. */
"use strict";

const vm = require("vm");
const {JSDOM} = require("jsdom");

const {scripts, style, charts} = JSON.parse(
    require("fs").readFileSync(0, "utf8"));
const inside = new JSDOM("", {runScripts: "outside-only"})
    .getInternalVMContext();
const run = script => new vm.Script(script).runInContext(inside);

/* The scripts share their names, as those of a page do. */
scripts.forEach(run);
run(`giveback.style = ${JSON.stringify(style)}`);
const drawings = charts.map(
    chart => run(`giveback.picture(${JSON.stringify(chart)})`));
process.stdout.write(JSON.stringify(drawings));
