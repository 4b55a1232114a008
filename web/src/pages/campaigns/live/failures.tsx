// What failed, by cause, and the way to try it once more.
import { Accordion, Alert, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { answer, api, type Schemas } from "../../../api/client";
import { useMay } from "../../../api/session";
import { Confirm } from "../../../shared/confirm";
import { LoadingRows } from "../../../shared/data-table";
import { EmptyState } from "../../../shared/empty-state";
import { count, plural } from "../../../shared/format";
import { ProblemNotice } from "../../../shared/problem-notice";

type Cause = Schemas["CauseAnswer"];

interface FailuresProps {
  campaignId: string;
  failed: number;
  status: string;
}

export function Failures({ campaignId, failed, status }: FailuresProps) {
  const path = { params: { path: { campaign_id: campaignId } } };
  const found = useQuery({ queryKey: ["failures", campaignId, failed], queryFn: () => answer(api.GET("/api/v1/campaigns/{campaign_id}/failures", path)), enabled: failed > 0 });
  const may = useMay();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Cause | "all" | null>(null);
  if (failed === 0) return <EmptyState icon="check" title="Nothing has failed">Here stand the messages that a server refused for good, by cause.</EmptyState>;
  if (found.isPending) return <LoadingRows rows={2} />;
  if (found.isError) return <ProblemNotice error={found.error} title="The failures could not be read" onRetry={() => void found.refetch()} />;
  const retriable = may("campaigns:send") && status !== "stopped";
  const retry = async () => {
    await answer(api.POST("/api/v1/campaigns/{campaign_id}/retry", { ...path, body: { cause: asked === "all" ? null : asked?.cause } }));
    for (const key of ["progress", "campaign", "campaigns", "failures", "campaign-messages"]) await queries.invalidateQueries({ queryKey: [key] });
  };
  const messages = asked === "all" ? failed : (asked?.messages ?? 0);
  return (
    <Stack>
      <Group justify="space-between">
        <Anchor component={Link} to={`/campaigns/${campaignId}?show=messages&state=failed`} size="sm">All of them, one by one</Anchor>
        {retriable && found.data.causes.length > 1 && <Button size="xs" variant="default" onClick={() => setAsked("all")}>Try all of them once more</Button>}
      </Group>
      {!found.data.exact && <Alert color="gray">There are very many different replies; the most frequent ones are here.</Alert>}
      <Accordion variant="separated" className="causes">
        {found.data.causes.map((one) => (
          <Accordion.Item key={one.cause} value={one.cause}>
            <Accordion.Control><Group wrap="nowrap" gap="md"><Text fw={650} className="figures cause-count">{count(one.messages)}</Text><Text size="sm" className="reply">{one.cause}</Text></Group></Accordion.Control>
            <Accordion.Panel>
              <Stack gap="xs">
                <Text size="sm" className="reply"><Text component="span" inherit c="dimmed">One of them word for word: </Text>{one.example || "–"}</Text>
                <Text size="sm" c="dimmed">{Object.entries(one.accounts).map(([name, number]) => `${name || "before any account had it"}: ${count(number)}`).join(", ")}</Text>
                {retriable && <Group><Button size="xs" variant="default" onClick={() => setAsked(one)}>Try {plural(one.messages, "message")} once more</Button></Group>}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <Confirm opened={asked !== null} onClose={() => setAsked(null)} title={`Try ${plural(messages, "message")} once more?`} confirm="Try once more" onConfirm={retry}>
        They were not accepted, so nobody gets two. Addresses that are suppressed in the meantime, because they do not exist, are skipped.
      </Confirm>
    </Stack>
  );
}
