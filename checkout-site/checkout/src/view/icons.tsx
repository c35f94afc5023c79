/** Line icons. They are decorative, so they are hidden from screen readers. */

import type { ComponentChildren, JSX } from "preact";

function Icon({ children, size = 20 }: { children: ComponentChildren; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const LockIcon = ({ size = 16 }: { size?: number }): JSX.Element => (
  <Icon size={size}>
    <rect x="4" y="11" width="16" height="10" rx="2" />
    <path d="M8 11V7a4 4 0 0 1 8 0v4" />
  </Icon>
);
export const UpiIcon = (): JSX.Element => (
  <Icon>
    <rect x="6" y="2" width="12" height="20" rx="2.5" />
    <path d="M11 18h2" />
  </Icon>
);
export const CardIcon = (): JSX.Element => (
  <Icon>
    <rect x="2" y="5" width="20" height="14" rx="2.5" />
    <path d="M2 10h20M6 15h4" />
  </Icon>
);
export const QrIcon = (): JSX.Element => (
  <Icon>
    <rect x="3" y="3" width="7" height="7" rx="1" />
    <rect x="14" y="3" width="7" height="7" rx="1" />
    <rect x="3" y="14" width="7" height="7" rx="1" />
    <path d="M14 14h3v3M21 14v.01M14 21h.01M18 21h3v-3" />
  </Icon>
);
export const TickIcon = (): JSX.Element => (
  <Icon size={36}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const CrossIcon = (): JSX.Element => (
  <Icon size={34}>
    <path d="M6 6l12 12M18 6 6 18" />
  </Icon>
);
export const AlertIcon = (): JSX.Element => (
  <Icon size={34}>
    <path d="M12 7v6M12 17v.01" />
  </Icon>
);
/** AsyncPay's logo, which the dashboard shows. */
export const Mark = (): JSX.Element => (
  <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="9" fill="#3b82f6" />
    <path
      d="M8 22 14 10l4 8M18 22l6-12"
      fill="none"
      stroke="#fff"
      stroke-width="3"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>
);
