// Why a campaign sends nothing, or not more: accounts that are held up by the same stand together, and open one by one.
import { Text } from "@mantine/core";
import { useMemo, useState } from "react";

import { count, plural } from "../../../shared/format";
import { Moment } from "../../../shared/moment";
import { upperFirst } from "../../../shared/problem-notice";
import { useCauses, type Cause } from "../campaign-calls";
import { groupCauses, pageWords, type CauseGroup } from "./cause-groups";

const MOST_NAMED = 100;

/** Of a campaign. What is uncertain is no part of it: it has a notice of its own. */
export function Explanation({ campaignId, status }: { campaignId: string; status: string }) {
  const causes = useCauses(campaignId);
  const groups = useMemo(() => groupCauses((causes ?? []).filter((one) => one.cause !== "uncertain")), [causes]);
  if (groups.length === 0) return null;
  return <Causes title={status === "running" ? "What happens now" : "Why nothing is sent"} groups={groups} />;
}

export function Causes({ title, groups }: { title: string; groups: readonly CauseGroup[] }) {
  return (
    <section className="surface why" aria-label="Why it is as it is">
      <Text size="xs" fw={600} c="dimmed" tt="uppercase">{title}</Text>
      <ul>{groups.map((group) => <li key={group.key}>{group.causes.length === 1 && group.causes[0] ? <One cause={group.causes[0]} /> : <Several group={group} />}</li>)}</ul>
    </section>
  );
}

/** Their moment is that of the next message, which is over before it is read. */
const PACES = new Set(["campaign_pace", "account_pace"]);

function One({ cause }: { cause: Cause }) {
  return <>{cause.account === null ? upperFirst(pageWords(cause)) : pageWords(cause)}.{cause.until && !PACES.has(cause.cause) && <Text component="span" inherit c="dimmed"> Until <Moment at={cause.until} />.</Text>}</>;
}

function Several({ group }: { group: CauseGroup }) {
  const [open, setOpen] = useState(false);
  const { causes, words, first, last } = group;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {plural(causes.length, "account")}: {words}
        {first && (first === last ? <>, next message <Moment at={first} /></> : <>, next messages from <Moment at={first} /> to <Moment at={last} /></>)}.
      </summary>
      {open && (
        <ul tabIndex={0} aria-label={words}>
          {causes.slice(0, MOST_NAMED).map((cause) => <li key={cause.account}><One cause={cause} /></li>)}
          {causes.length > MOST_NAMED && <li>And {count(causes.length - MOST_NAMED)} more: they can be found by name among the accounts below.</li>}
        </ul>
      )}
    </details>
  );
}
