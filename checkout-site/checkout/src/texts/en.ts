/** Every text of the page, in English. */

export const en = {
  title: "Secure payment",
  amountToPay: "Amount to pay",
  orderId: "Order",
  payTo: "Requested by",
  methods: "Choose how to pay",
  upi: "UPI",
  card: "Card",
  vpa: "UPI ID",
  vpaHint: "It is in your UPI app's profile",
  cardNumber: "Card number",
  expiry: "Expiry (MM/YY)",
  cvv: "CVV",
  cvvHint: (digits: number): string => `${digits} digits on your card`,
  holder: "Name on card",
  pay: (amount: string): string => `Pay ${amount}`,
  showQr: "Pay by QR code instead",
  hideQr: "Hide the QR code",
  qrAlt: (amount: string): string => `QR code to pay ${amount} with a UPI app`,
  qrHint: "Scan with any UPI app. This page updates when the order is paid.",
  qrOpen: "Open a UPI app on this phone",
  upiApp: "Pay with a UPI app",
  upiAppHint:
    "Approve the payment in your UPI app: scan the code with your phone, or open the app on this one.",
  upiCollectHint: "Open your UPI app and approve the request. This page updates by itself.",
  secure: "Encrypted and processed by AsyncPay",
  testMode: "Test mode · no money moves",
  language: "हिन्दी",
  loading: "Loading your order…",
  processing: "Processing your payment…",
  processingHint: "Keep this page open. This usually takes a few seconds.",
  processingSlow:
    "Your bank is taking longer than usual. You won't be charged twice; you can also close this page.",
  checking:
    "Many payments are failing just now, so your browser solves a short puzzle first. You need not do anything.",
  toBank: "Continue at your bank",
  cardEntryMissing: "The card form could not be loaded. Check your connection, then reload this page.",
  success: "Payment successful",
  successMessage: "Your payment has been processed successfully.",
  paymentId: "Payment ID",
  paid: "This order is already paid",
  paidMessage: "There is nothing more to pay. The shop has been notified.",
  failed: "Payment failed",
  failedHint: "You have not been charged for this attempt.",
  unknown: "We couldn't confirm your payment",
  unknownHint: "Checking again is safe: you can't be charged twice.",
  retry: "Try again",
  checkAgain: "Check again",
  backToShop: "Back to the shop",
  unavailable: {
    bad_link: ["This payment link is incomplete", "Go back to the shop and start the payment again."],
    not_found: [
      "We couldn't find this order",
      "The link may be wrong. Go back to the shop and start the payment again.",
    ],
    foreign: [
      "This shop can't take a payment for this order",
      "The order belongs to another shop, or the shop's key is wrong. Go back and start the payment again.",
    ],
    expired: ["This order has expired", "It can no longer be paid. Go back to the shop and order again."],
    offline: ["We couldn't reach AsyncPay", "Check your connection, then try again."],
  },
  fields: {
    vpa: { required: "Enter your UPI ID", invalid: "Enter a UPI ID such as name@bank" },
    number: {
      required: "Enter your card number",
      invalid: "Check the card number: a digit is wrong or missing",
    },
    expiry: {
      required: "Enter the expiry date",
      invalid: "Enter the month and year, such as 08/29",
      expired: "This card has expired",
    },
    cvv: { required: "Enter the CVV", invalid: "Check the CVV: its length doesn't fit this card" },
    holder: { required: "Enter the name on the card", invalid: "Use at most 100 characters" },
  },
  /** Texts that replace the API's own, looked up by its description, then by its code. */
  errors: {
    IDEMPOTENCY_ERROR: "An earlier attempt may still be under way. Wait a moment, then try again.",
    RATE_LIMIT_ERROR: "Too many attempts. Wait a moment, then try again.",
    "Too many attempts to pay this order; try again later":
      "There were too many attempts to pay this order. Try again in an hour, or go back to the shop.",
    "Too many failed payments with this card; try again later or pay in another way":
      "Too many payments with this card have failed today. Use another card or UPI.",
    SERVER_ERROR: "Something went wrong on our side.",
    NETWORK_ERROR: "We didn't get a response. Check your connection.",
  } as Record<string, string>,
};

export type Texts = typeof en;
