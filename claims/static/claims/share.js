// Passing a claim on. Without this script, the links beside it do the same.
"use strict";

for (const box of document.querySelectorAll(".pass-on")) {
  const { title, text, address, share, copy, copied } = box.dataset;
  const ways = box.querySelector(".ways");
  const status = box.querySelector("[role=status]");
  const shown = box.querySelector(".way-address");

  const button = (label, act) => {
    const item = document.createElement("li");
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", () => act(made));
    item.append(made);
    return item;
  };

  if (navigator.clipboard) {
    shown.hidden = true;
    ways.prepend(button(copy, async (made) => {
      try {
        await navigator.clipboard.writeText(address);
        made.textContent = status.textContent = copied;
      } catch {
        shown.hidden = false;
      }
    }));
  }

  if (navigator.share) {
    for (const way of box.querySelectorAll(".way-out")) way.hidden = true;
    // Closing the sheet rejects the promise, which isn't an error.
    ways.prepend(button(share, () => navigator.share({ title, text, url: address }).catch(() => {})));
  }
}

// Nobody can unfold what is on paper.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details.more-evidence")) folded.open = true;
});
