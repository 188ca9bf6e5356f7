/* The list of checks, when htmx swaps it. Without this file everything works, with whole pages. */
"use strict";

/* The link that was followed is gone after the swap, and the focus with it. */
document.addEventListener("htmx:after:swap", () => {
  const count = document.getElementById("count");
  if (count && (!document.activeElement || document.activeElement === document.body)) count.focus();
});
