/** A modal question. The browser's own dialog keeps the focus inside. */

import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { en } from "../texts/en";
import { Problem } from "./parts";
import type { Action } from "./useAction";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  testId?: string;
}

export function Dialog({ title, onClose, children, testId }: Props): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect: an ordinary one is cleaned up after the next paint, and until then nothing has the focus.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // A dialog that was removed from the page no longer returns the focus by itself.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      data-test-id={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        // Holding Enter submits a form repeatedly: it must not confirm the next question as well.
        if (event.repeat && event.key === "Enter") event.preventDefault();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  question: string;
  action: Action;
  onConfirm: () => void;
  onClose: () => void;
}

/** A confirmation, for what cannot be undone. */
export function Confirm({ title, question, action, onConfirm, onClose }: ConfirmProps): JSX.Element {
  return (
    <Dialog title={title} onClose={onClose} testId="confirm-dialog">
      <p>{question}</p>
      {action.error && <Problem error={action.error} />}
      <div class="buttons">
        <button
          type="button"
          class="primary"
          data-test-id="confirm-button"
          aria-disabled={action.busy}
          onClick={onConfirm}
        >
          {title}
        </button>
        <button type="button" data-test-id="dialog-cancel" onClick={onClose}>
          {en.cancel}
        </button>
      </div>
    </Dialog>
  );
}
