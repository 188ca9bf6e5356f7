// Passing a claim on. Without this script, the links beside it do the same.
"use strict";

for (const box of document.querySelectorAll(".pass-on")) {
  const { title, text, address } = box.dataset;
  const part = (name) => box.querySelector(`[data-share="${name}"]`);

  if (navigator.share) {
    const sheet = part("sheet");
    sheet.hidden = false;
    for (const link of box.querySelectorAll('[data-share="link"]')) link.hidden = true;
    // Closing the sheet rejects the promise, which isn't an error.
    sheet.addEventListener("click", () => navigator.share({ title, text, url: address }).catch(() => {}));
  }

  if (navigator.clipboard) {
    const button = part("copy").firstElementChild;
    part("copy").hidden = false;
    part("address").hidden = true;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(address);
        button.textContent = part("status").textContent = button.dataset.done;
      } catch {
        part("address").hidden = false;
      }
    });
  }
}

// Nobody can unfold what is on paper.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details.more-evidence")) folded.open = true;
});
