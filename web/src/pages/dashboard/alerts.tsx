// What needs a person, each with its cure.
import { Alert, Anchor, Stack, Text } from "@mantine/core";
import { Link } from "react-router";

import type { Live } from "../../api/feed";
import { count, plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { upperFirst } from "../../shared/problem-notice";
import type { ListedCampaign } from "../campaigns/campaign-calls";

const NAMED = 3;

interface Seen {
  id: string;
  name: string;
  status: string;
  pause_reason: string | null;
  uncertain: number;
}

/** What the feed has told, and of the others what the list says: the feed is silent about those that ended before. */
function newest(live: Live, listed: readonly ListedCampaign[]): Seen[] {
  const others = listed.filter((one) => !live.campaigns.has(one.id)).map((one) => ({ ...one, uncertain: one.counts.uncertain ?? 0 }));
  return [...live.campaigns.values(), ...others];
}

/** Nothing where nothing is wrong. */
export function Alerts({ live, listed }: { live: Live; listed: readonly ListedCampaign[] }) {
  const campaigns = newest(live, listed);
  const stuck = campaigns.filter((one) => one.status === "paused_health");
  const uncertain = campaigns.filter((one) => one.uncertain > 0);
  const broken = [...live.accounts.values()].filter((one) => one.state === "broken");
  if (stuck.length + uncertain.length + broken.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label="What needs you">
      {stuck.map((one) => (
        <Alert key={one.id} color="red" variant="light" icon={<Icon name="alert" />} title={`“${one.name}” stands still`}>
          <Text size="sm" inherit>{upperFirst(one.pause_reason ?? "no account is usable")}. <Anchor component={Link} inherit to={`/campaigns/${one.id}`}>Look at it, mend the cause, and resume it there</Anchor>.</Text>
        </Alert>
      ))}
      {broken.length > 0 && (
        <Alert color="red" variant="light" icon={<Icon name="alert" />} title={`${plural(broken.length, "account")} cannot send`}>
          {broken.slice(0, NAMED).map((one) => <Text key={one.id} size="sm" inherit><b>{one.name}</b>: {upperFirst(one.reason ?? "it is broken")}. <Anchor component={Link} inherit to={`/accounts/${one.id}`}>Mend it and test it</Anchor>.</Text>)}
          {broken.length > NAMED && <Text size="sm" inherit>And {count(broken.length - NAMED)} more, below.</Text>}
        </Alert>
      )}
      {uncertain.map((one) => (
        <Alert key={one.id} color="orange" variant="light" icon={<Icon name="alert" />} title={`${plural(one.uncertain, "message")} of “${one.name}” may or may not have arrived`}>
          <Anchor component={Link} inherit to={`/campaigns/${one.id}`}>Decide whether they count as sent or are sent again</Anchor>.
        </Alert>
      ))}
    </Stack>
  );
}
