// Reference of docs/assignment_hash.md: node assignment_hash.js SALT KEY PERCENT
"use strict";
const { createHash } = require("node:crypto");

function bucketOf(salt, key) {
  const digest = createHash("sha256").update(`${salt}\0${key}`, "utf8").digest("hex");
  return parseInt(digest.slice(0, 12), 16) % 10000; // 48 bits, exact in a double
}

function variantOf(salt, key, percent) {
  return bucketOf(salt, key) < Math.round(percent * 100) ? "candidate" : "baseline";
}

module.exports = { bucketOf, variantOf };
if (require.main === module) console.log(variantOf(process.argv[2], process.argv[3], Number(process.argv[4])));
