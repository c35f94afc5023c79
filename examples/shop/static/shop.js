"use strict";

const outcome = document.getElementById("outcome");
const say = (text) => (outcome.textContent = text);
const post = async (path, body = {}) => {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error((await response.json()).error);
  return response.json();
};
let checkout;

document.getElementById("buy").addEventListener("click", async () => {
  try {
    const { orderId, number } = await post("/orders");
    outcome.dataset.number = number;
    // open() does nothing while the checkout is open: two clicks, one checkout.
    checkout ??= new PaymentGateway({
      key: document.body.dataset.key,
      orderId,
      onSuccess: (response) =>
        post("/paid", response).then(
          () => say(`Thank you! Order ${number} is paid.`),
          (error) => say(`We are checking your payment: ${error.message}`),
        ),
      onFailure: ({ description }) => say(`Not paid yet: ${description}. You can try again.`),
      onUnavailable: ({ code, description }) => say(`${code}: ${description}`),
      onClose: () => (checkout = undefined),
    });
    checkout.open();
  } catch (error) {
    say(`Sorry, that did not work: ${error.message}`);
  }
});
