/** Who may sign in for the merchant, and as what: inviting, changing the role, removing. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Invitation, User, UserList } from "../../../shared/resources";
import { decimal, parsedAmount } from "../logic/money";
import { invitationPath } from "../logic/route";
import { en } from "../texts/en";
import { Buttons } from "./amount";
import { useConfirmed } from "./Confirmed";
import { useAppContext } from "./context";
import { Confirm, Dialog } from "./Dialog";
import { Await, Badge, Card, Copy, Field, Head, Problem } from "./parts";
import { Cell, Table } from "./Table";
import type { Action } from "./useAction";
import { useLoad } from "./useLoad";

const ROLES = ["owner", "developer", "support", "read_only"] as const;
type Role = (typeof ROLES)[number];
const texts = en.people;

interface Wanted {
  role: Role;
  refund_limit?: number;
}

export function People(): JSX.Element {
  const { api, session, say } = useAppContext();
  const [changes, setChanges] = useState(0);
  const [open, setOpen] = useState<{ user: User | null } | null>(null);
  const [removed, setRemoved] = useState<User | null>(null);
  const [made, setMade] = useState<Invitation | null>(null);
  const action = useConfirmed();
  const people = useLoad(`people ${changes}`, (signal) => api.get<UserList>("/dashboard/users", {}, signal));
  const pathOf = (user: User): string => `/dashboard/users/${encodeURIComponent(user.email)}`;
  const close = (): void => {
    action.clear();
    setOpen(null);
    setRemoved(null);
  };
  const changed = (notice: string): void => {
    close();
    setChanges((count) => count + 1);
    say(notice);
  };
  const invite = (email: string, wanted: Wanted): void => {
    void action.run(async () => {
      setMade(await api.send<Invitation>("POST", "/dashboard/users", { email, ...wanted }));
      changed(texts.invited);
    });
  };
  const change = (user: User, wanted: Wanted): void => {
    void action.run(async () => {
      await api.send("PUT", pathOf(user), wanted);
      changed(texts.changed);
    });
  };
  const remove = (user: User): void => {
    void action.run(async () => {
      await api.send("DELETE", pathOf(user));
      changed(texts.removed);
    });
  };
  const isFixed = (user: User): boolean =>
    user.email === session?.user.email || user.email === session?.merchant.email.toLowerCase();
  const { heads } = texts;
  return (
    <>
      <Head title={en.pages.people}>
        <button
          type="button"
          class="primary"
          data-test-id="invite-person"
          onClick={() => setOpen({ user: null })}
        >
          {texts.invite}
        </button>
      </Head>
      {made && <ShownOnce made={made} onClose={() => setMade(null)} />}
      <Card title={texts.title}>
        <Await of={people}>
          {({ data }) => (
            <Table caption={texts.title} heads={Object.values(heads)} testId="people-table">
              {data.map((user) => (
                <tr key={user.email} role="row" data-test-id="person-row" data-email={user.email}>
                  <Cell head={heads.email} class="id">
                    {user.email}
                  </Cell>
                  <Cell head={heads.role} testId="person-role">
                    {texts.roles[user.role]}
                    {user.refund_limit !== null && (
                      <span class="soft"> {texts.limit(decimal(user.refund_limit))}</span>
                    )}
                  </Cell>
                  <Cell head={heads.status}>
                    <Badge status={user.status} />
                  </Cell>
                  <Cell head={heads.factor}>{user.second_factor ? texts.on : "–"}</Cell>
                  <Cell head={heads.actions}>
                    {!isFixed(user) && (
                      <div class="buttons">
                        <button
                          type="button"
                          class="small"
                          data-test-id="change-person"
                          aria-label={texts.changeOf(user.email)}
                          onClick={() => setOpen({ user })}
                        >
                          {texts.change}
                        </button>
                        <button
                          type="button"
                          class="small"
                          data-test-id="remove-person"
                          aria-label={texts.removeOf(user.email)}
                          onClick={() => setRemoved(user)}
                        >
                          {texts.remove}
                        </button>
                      </div>
                    )}
                  </Cell>
                </tr>
              ))}
            </Table>
          )}
        </Await>
      </Card>
      {open && (
        <PersonDialog
          user={open.user}
          action={action}
          onSubmit={(email, wanted) => (open.user ? change(open.user, wanted) : invite(email, wanted))}
          onClose={close}
        />
      )}
      {removed && (
        <Confirm
          title={texts.remove}
          question={texts.removeQuestion(removed.email)}
          action={action}
          onConfirm={() => remove(removed)}
          onClose={close}
        />
      )}
      {action.dialog}
    </>
  );
}

function ShownOnce({ made, onClose }: { made: Invitation; onClose: () => void }): JSX.Element {
  const link = new URL(invitationPath(made.token), location.origin).href;
  return (
    <section class="card once" aria-label={texts.linkTitle} role="status" data-test-id="invitation">
      <p>{texts.once(made.email)}</p>
      <p>
        <code class="wrap" data-test-id="invitation-link">
          {link}
        </code>{" "}
        <Copy text={link} what={texts.link} />
      </p>
      <button type="button" onClick={onClose}>
        {en.keys.keep}
      </button>
    </section>
  );
}

interface PersonDialogProps {
  user: User | null;
  action: Action;
  onSubmit: (email: string, wanted: Wanted) => void;
  onClose: () => void;
}

function PersonDialog({ user, action, onSubmit, onClose }: PersonDialogProps): JSX.Element {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>(user?.role ?? "read_only");
  const [limit, setLimit] = useState(user?.refund_limit ? decimal(user.refund_limit) : "");
  const [wrong, setWrong] = useState("");
  const submit = (event: Event): void => {
    event.preventDefault();
    const amount = parsedAmount(limit);
    const isFine = role !== "support" || (amount !== null && amount > 0);
    setWrong(isFine ? "" : texts.limitWrong);
    if (isFine)
      onSubmit(email.trim(), { role, ...(role === "support" && amount ? { refund_limit: amount } : {}) });
  };
  return (
    <Dialog title={user ? texts.change : texts.invite} onClose={onClose} testId="person-dialog">
      <form onSubmit={submit}>
        {!user && (
          <Field label={en.login.email}>
            {(attributes) => (
              <input
                {...attributes}
                data-test-id="person-email-input"
                type="email"
                required
                maxLength={254}
                autocomplete="off"
                value={email}
                onInput={(event) => setEmail(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
        <Field label={texts.heads.role} hint={texts.roleHints[role]}>
          {(attributes) => (
            <select
              {...attributes}
              data-test-id="person-role-select"
              value={role}
              onChange={(event) => setRole(event.currentTarget.value as Role)}
            >
              {ROLES.map((each) => (
                <option key={each} value={each}>
                  {texts.roles[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {role === "support" && (
          <Field label={texts.limitLabel} error={wrong} hint={texts.limitHint}>
            {(attributes) => (
              <input
                {...attributes}
                data-test-id="person-limit-input"
                inputMode="decimal"
                autocomplete="off"
                value={limit}
                onInput={(event) => setLimit(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
        {action.error && <Problem error={action.error} />}
        <Buttons
          submit={user ? texts.change : texts.invite}
          testId="person-submit"
          busy={action.busy}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
