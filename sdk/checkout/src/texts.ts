/** The few texts that the modal shows before the checkout page has loaded. */

export interface Texts {
  title: string;
  close: string;
  loading: string;
  blocked: string;
  retry: string;
}

const en: Texts = {
  title: "Secure payment",
  close: "Close payment",
  loading: "Opening secure payment…",
  blocked:
    "The payment page could not be loaded. Check your connection, or turn off content blockers for this page.",
  retry: "Try again",
};

const hi: Texts = {
  title: "सुरक्षित भुगतान",
  close: "भुगतान बंद करें",
  loading: "सुरक्षित भुगतान खुल रहा है…",
  blocked: "भुगतान पेज नहीं खुल सका। अपना कनेक्शन जाँचें, या इस पेज के लिए कंटेंट ब्लॉकर बंद करें।",
  retry: "फिर कोशिश करें",
};

/** The texts for a locale such as "hi-IN"; English for languages that we don't have. */
export function textsFor(locale: string | undefined): Texts {
  return (locale || navigator.language).toLowerCase().startsWith("hi") ? hi : en;
}
