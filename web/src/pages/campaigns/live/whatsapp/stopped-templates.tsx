// Templates of a campaign that are not sent now: their contacts wait, and the others go on.
import { Alert, Anchor, List } from "@mantine/core";
import { Link } from "react-router";

import { plural } from "../../../../shared/format";
import { Icon } from "../../../../shared/icons";
import { Moment } from "../../../../shared/moment";
import { keyOf, useProviderTemplates } from "../../../whatsapp/whatsapp-calls";
import type { CampaignTemplate } from "../../draft/whatsapp/template-parameters";

export function StoppedTemplates({ templates, over }: { templates: readonly CampaignTemplate[]; over: boolean }) {
  const listed = useProviderTemplates(over ? false : 10_000);
  const own = new Set(templates.map(keyOf));
  const stopped = (listed.data ?? []).filter((one) => own.has(keyOf(one)) && one.stopped);
  if (over || stopped.length === 0) return null;
  return (
    <Alert color="orange" variant="light" icon={<Icon name="pause" />} role="status" title={`${plural(stopped.length, "template")} of ${templates.length} rest`}>
      <List size="sm">{stopped.map((one) => <List.Item key={keyOf(one)}>{one.name} ({one.language}): {one.stopped}.{one.until && <> Until <Moment at={one.until} />.</>}</List.Item>)}</List>
      Who is to get one of them waits. When the cause is mended in <Anchor component={Link} inherit to="/whatsapp">WhatsApp</Anchor>, resume the campaign: it tries them again.
    </Alert>
  );
}
