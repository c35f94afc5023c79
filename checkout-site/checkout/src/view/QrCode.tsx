import type { JSX } from "preact";
import encodeQR from "qr";

// ISO/IEC 18004 requires a quiet zone of four light modules.
const QUIET = 4;

export function QrCode({ text, label }: { text: string; label: string }): JSX.Element {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      class="qr-code"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shape-rendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={path} fill="#0f172a" />
    </svg>
  );
}

/** A link that opens a UPI app: as a code for another phone, and to open on this one. */
export function UpiLink({ link, label, open }: { link: string; label: string; open: string }): JSX.Element {
  return (
    <div class="qr-panel" data-test-id="upi-link">
      <QrCode text={link} label={label} />
      <p>
        <a href={link} target="_top">
          {open}
        </a>
      </p>
    </div>
  );
}
