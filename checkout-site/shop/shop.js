"use strict";

// The whole integration. Our own server makes the order (it holds the secret); the browser gets its id, no more.
const buy = document.getElementById("buy");
const outcome = document.getElementById("outcome");

buy.addEventListener("click", async () => {
  buy.disabled = true;
  outcome.textContent = "";
  try {
    const response = await fetch("/orders", { method: "POST" });
    if (!response.ok) throw new Error(`the shop answered ${response.status}`);
    const { orderId } = await response.json();
    new PaymentGateway({
      key: document.body.dataset.key,
      orderId,
      locale: document.getElementById("locale").value,
      theme: { color: "#7a3e12" },
      onSuccess: ({ paymentId }) => {
        outcome.textContent = `Thank you! Paid with ${paymentId}.`;
      },
      onFailure: ({ description }) => {
        outcome.textContent = `Not paid yet: ${description}.`;
      },
    }).open();
  } catch (error) {
    outcome.textContent = `Sorry, that didn't work: ${error.message}.`;
  } finally {
    buy.disabled = false;
  }
});
