// @ts-check
// Adds up the price while counts are typed. The server works it out again; this is only for the eye.

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("order"));
const total = document.getElementById("total");

if (form && total) {
  const show = () => {
    const nights = Number(/** @type {HTMLInputElement | null} */ (form.querySelector("#nights"))?.value ?? 1) || 1;
    let sum = 0;
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[data-price]"))) {
      sum += (Number(input.value) || 0) * Number(input.dataset.price) * nights;
    }
    total.textContent = sum.toLocaleString("vi-VN") + "\u00a0₫";
  };
  form.addEventListener("input", show);
  show();
}
export {};
