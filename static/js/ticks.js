/* 全选 and how many are ticked, above what is done with the ticked rows. Without it each row is ticked by itself. */
(() => {
  "use strict";
  const boxes = () => [...document.querySelectorAll('#results [name="chosen"]')];

  function show() {
    const bar = document.querySelector("[data-ticks]");
    if (!bar) return;
    const all = boxes();
    const ticked = all.filter((box) => box.checked).length;
    const every = bar.querySelector("[data-ticks-all]");
    every.checked = ticked > 0 && ticked === all.length;
    every.indeterminate = ticked > 0 && ticked < all.length;
    bar.querySelector("[data-ticks-count]").textContent = `已选${ticked}${bar.dataset.ticks}`;
    bar.hidden = all.length === 0;
  }

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches("[data-ticks-all]")) boxes().forEach((box) => (box.checked = target.checked));
    if (target.matches('[data-ticks-all], #results [name="chosen"]')) show();
  });
  document.addEventListener("htmx:load", show);
  window.addEventListener("pageshow", show); // back: the browser has ticked them again
  show();
})();
