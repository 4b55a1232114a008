// Reply rules: what is held back when providers answer so, and what each of them holds back now, with its evidence.
import { Badge, Button, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { count, plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Countdown, Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { RuleForm } from "./rule-form";
import { RULES_KEY, sentenceOf, valuesOf, type Held, type Rule } from "./rules";

const ASK_EVERY_MS = 5_000;

interface Asking {
  what: "lift" | "remove";
  rule: Rule;
}

export function ReplyRules() {
  const may = useMay();
  const queries = useQueryClient();
  const [shown, setShown] = useState<Rule | "new" | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const found = useQuery({ queryKey: RULES_KEY, queryFn: () => answer(api.GET("/api/v1/reply-rules")), refetchInterval: ASK_EVERY_MS });
  const writes = may("accounts:write");
  const rules = [...(found.data?.items ?? [])].sort((one, other) => Number(other.holds.length > 0) - Number(one.holds.length > 0));
  const act = async () => {
    if (!asking) return;
    const at = { params: { path: { rule_id: asking.rule.id } } };
    if (asking.what === "lift") await answer(api.POST("/api/v1/reply-rules/{rule_id}/lift", at));
    else await answer(api.DELETE("/api/v1/reply-rules/{rule_id}", at));
    await queries.invalidateQueries({ queryKey: RULES_KEY });
  };
  const add = writes && <Button leftSection={<Icon name="plus" />} onClick={() => setShown("new")}>Add a rule</Button>;
  return (
    <>
      <PageHeader title="Reply rules" description="When providers answer that something is wrong, sending on makes it worse. A rule counts such answers, and holds back what they are about." actions={add} />
      <Stack>
        <ProblemNotice error={found.error} title="The rules could not be read" onRetry={() => void found.refetch()} />
        {found.isPending && <LoadingRows rows={3} />}
        {found.data && rules.length === 0 && (
          <EmptyState icon="hand" title="No rule yet" action={add}>
            Without a rule each answer counts for its own message and its own account only. With one, “10 times 4.7.* within an hour from one server” can slow all its accounts down before the provider blocks them.
          </EmptyState>
        )}
        {rules.map((rule) => <RuleCard key={rule.id} rule={rule} writes={writes} onEdit={() => setShown(rule)} onAsk={(what) => setAsking({ what, rule })} />)}
      </Stack>
      <Modal opened={shown !== null} onClose={() => setShown(null)} title={shown && shown !== "new" ? `Change ${shown.name}` : "Add a rule"} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        {shown && <RuleForm rule={shown === "new" ? null : shown} onSaved={() => setShown(null)} />}
      </Modal>
      <Confirm opened={asking !== null} onClose={() => setAsking(null)} danger={asking?.what === "remove"} onConfirm={act}
        title={asking?.what === "lift" ? `Lift what ${asking.rule.name} holds back?` : `Remove ${asking?.rule.name ?? ""}?`} confirm={asking?.what === "lift" ? "Lift it now" : "Remove the rule"}>
        {asking?.what === "lift" ? "Sending goes on at once, and the rule counts anew. If the provider still answers so, it acts again." : "Nothing is counted any more, and what the rule holds back goes on at once."}
      </Confirm>
    </>
  );
}

interface RuleCardProps {
  rule: Rule;
  writes: boolean;
  onEdit: () => void;
  onAsk: (what: Asking["what"]) => void;
}

function RuleCard({ rule, writes, onEdit, onAsk }: RuleCardProps) {
  const holds = rule.holds.length;
  return (
    <section className="surface panel" aria-label={rule.name}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <Group gap="xs">
          <Title order={2} size="h4">{rule.name}</Title>
          {holds > 0 ? <Badge variant="light" color="yellow">holds back {count(holds)}</Badge> : <Badge variant="light" color="teal">watches</Badge>}
        </Group>
        {writes && (
          <Group gap={4}>
            {holds > 0 && <Button size="compact-sm" variant="default" aria-label={`Lift now what ${rule.name} holds back`} onClick={() => onAsk("lift")}>Lift now</Button>}
            <Button size="compact-sm" variant="subtle" aria-label={`Change ${rule.name}`} onClick={onEdit}>Change</Button>
            <Button size="compact-sm" variant="subtle" color="red" aria-label={`Remove ${rule.name}`} onClick={() => onAsk("remove")}>Remove</Button>
          </Group>
        )}
      </Group>
      <Text size="sm" mt={4}>{sentenceOf(valuesOf(rule))}</Text>
      {holds > 0 && <ul className="held" aria-label={`${plural(holds, "thing")} held back by ${rule.name}`}>{rule.holds.map((one) => <HeldBack key={`${one.what} ${one.name}`} held={one} />)}</ul>}
    </section>
  );
}

/** What is held back, how long still, and the answers that led to it. */
function HeldBack({ held }: { held: Held }) {
  return (
    <li className="row-line">
      <Text size="sm">
        <b>{upperFirst(held.what)} {held.name}</b>: {held.rate_per_minute === null ? "nothing is sent" : `${count(Math.round(held.rate_per_minute))} a minute at most`} until <Moment at={held.until_at} inherit />, for <Countdown to={held.until_at} /> more
      </Text>
      <Text size="xs" c="dimmed" className="reply">{upperFirst(held.reason)}</Text>
    </li>
  );
}
