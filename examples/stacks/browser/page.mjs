// Takes the module that wasm-bindgen made for Node, and says what a page would see: `node page.mjs DIRECTORY`.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import assert from "node:assert/strict";

const { Notes, first_release } = createRequire(import.meta.url)(resolve(process.argv[2], "browser.js"));

console.log(first_release("notes.db"));
let notes = new Notes("notes.db");
console.log(notes.report);
notes.add("coffee", "black");
console.log(notes.list());
assert.deepEqual(notes.list(), ["tea (3): green", "coffee (6): black"]);
assert.equal(notes.is_current(), true);
notes.free();

notes = new Notes("notes.db");
console.log(notes.report);
assert.match(notes.report, /^current/);
