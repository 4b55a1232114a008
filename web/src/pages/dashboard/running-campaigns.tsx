// Campaigns under way as cards, and those that come next.
import { Anchor, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useMemo } from "react";
import { Link } from "react-router";

import { useLiveOutlook, type LiveCampaign, type LiveOutlook } from "../../api/feed";
import { EmptyState } from "../../shared/empty-state";
import { count, percent, plural, rate } from "../../shared/format";
import { Countdown, Moment } from "../../shared/moment";
import { upperFirst } from "../../shared/problem-notice";
import { StateBadge } from "../../shared/state-badge";
import type { ListedCampaign } from "../campaigns/campaign-calls";
import { Finish } from "../campaigns/forecast-panel";
import { groupCauses, pageWords } from "../campaigns/live/cause-groups";
import { useLatelyRates } from "../campaigns/live/rate-history";
import { endedOf, ProgressBar } from "../campaigns/progress-bar";

export const UNDER_WAY = ["running", "paused", "paused_limits", "paused_health"];
const CARDS = 8;

export function RunningCampaigns({ active, listed }: { active: LiveCampaign[]; listed: ListedCampaign[] }) {
  const cards = [...active].sort((a, b) => Number(b.status === "running") - Number(a.status === "running") || (b.started_at ?? "").localeCompare(a.started_at ?? ""));
  const scheduled = listed.filter((one) => one.status === "scheduled");
  const recent = listed.filter((one) => one.status === "completed" || one.status === "stopped").slice(0, 5);
  return (
    <>
      <section aria-labelledby="under-way">
        <Title order={2} id="under-way" mb="sm">Under way</Title>
        {cards.length === 0 ? <EmptyState icon="campaign" title="Nothing is being sent now">What you start shows here, message by message.</EmptyState> : (
          <SimpleGrid cols={{ base: 1, md: cards.length > 1 ? 2 : 1 }}>{cards.slice(0, CARDS).map((one) => <Card key={one.id} campaign={one} />)}</SimpleGrid>
        )}
        {cards.length > CARDS && <Anchor component={Link} to="/campaigns?show=active" size="sm">All {count(cards.length)} that are under way</Anchor>}
      </section>
      {(scheduled.length > 0 || recent.length > 0) && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Few title="Comes next" rows={scheduled} empty="Nothing is scheduled." />
          <Few title="Lately" rows={recent} empty="Nothing has ended yet." />
        </SimpleGrid>
      )}
    </>
  );
}

function Card({ campaign }: { campaign: LiveCampaign }) {
  const ended = endedOf(campaign);
  const running = campaign.status === "running";
  const lately = useLatelyRates(ended, running);
  const outlook = useLiveOutlook(campaign.id);
  const why = useMemo(() => heldBackBy(outlook), [outlook]);
  const perSecond = lately[lately.length - 1]?.perSecond ?? 0;
  return (
    <article className="surface panel">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Anchor component={Link} to={`/campaigns/${campaign.id}`} fw={600} className="truncate">{campaign.name}</Anchor>
        <StateBadge state={campaign.status} />
      </Group>
      <Group justify="space-between" align="baseline" gap="xs" mt={4}>
        <Text className="figures" fz="1.5rem" fw={650}>{percent(ended, campaign.total)}</Text>
        <Text size="sm" c="dimmed" className="figures">{count(ended)} of {count(campaign.total)}{campaign.failed > 0 && `, ${count(campaign.failed)} failed`}{running && perSecond > 0 && `, ${rate(perSecond)}`}</Text>
      </Group>
      <ProgressBar counts={campaign} size={10} />
      <Text size="sm" mt="xs" className="figures">
        {running && outlook && <><Finish forecast={outlook} /> </>}
        {!running && campaign.pause_reason && `${upperFirst(campaign.pause_reason)}. `}
        {!running && campaign.resumes_at && <>Goes on in <Countdown to={campaign.resumes_at} />.</>}
      </Text>
      {running && why && <Text size="sm" c="dimmed" lineClamp={2}>{upperFirst(why)}.</Text>}
    </article>
  );
}

/** What holds a running campaign back most, in words; of several accounts how many. */
function heldBackBy(outlook: LiveOutlook | undefined): string | null {
  const first = groupCauses(outlook?.causes ?? []).find((group) => group.causes[0]?.cause !== "sending");
  if (!first) return null;
  return first.causes.length > 1 ? `${plural(first.causes.length, "account")}: ${first.words}` : (first.causes[0] ? pageWords(first.causes[0]) : null);
}

function Few({ title, rows, empty }: { title: string; rows: ListedCampaign[]; empty: string }) {
  return (
    <section aria-label={title}>
      <Title order={2} mb="xs">{title}</Title>
      <Stack gap={0} className="surface">
        {rows.length === 0 && <Text size="sm" c="dimmed" p="md">{empty}</Text>}
        {rows.map((row) => (
          <Group key={row.id} justify="space-between" px="md" py="xs" wrap="nowrap" className="row-line">
            <Anchor component={Link} to={`/campaigns/${row.id}`} className="truncate" size="sm">{row.name}</Anchor>
            <Group gap="xs" wrap="nowrap"><Moment size="sm" c="dimmed" as="relative" at={row.finished_at ?? row.starts_at} /><StateBadge state={row.status} size="sm" /></Group>
          </Group>
        ))}
      </Stack>
    </section>
  );
}
