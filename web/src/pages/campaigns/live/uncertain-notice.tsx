// Messages of which nobody can know whether they arrived: what that means, and the decision.
import { Alert, Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../../api/client";
import { useMay } from "../../../api/session";
import { Confirm } from "../../../shared/confirm";
import { plural } from "../../../shared/format";
import { Icon } from "../../../shared/icons";

interface UncertainNoticeProps {
  campaignId: string;
  uncertain: number;
  over: boolean;
}

type Decision = "sent" | "resend";

export function UncertainNotice({ campaignId, uncertain, over }: UncertainNoticeProps) {
  const may = useMay();
  const queries = useQueryClient();
  const [decision, setDecision] = useState<Decision | null>(null);
  if (uncertain === 0) return null;
  const resolve = async () => {
    await answer(api.POST("/api/v1/campaigns/{campaign_id}/resolve", { params: { path: { campaign_id: campaignId } }, body: { uncertain: decision ?? "sent" } }));
    for (const key of ["progress", "campaign", "campaign-messages"]) await queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <Alert color="orange" variant="light" icon={<Icon name="alert" />} title={`${plural(uncertain, "message")} may or may not have arrived`}>
      <Text size="sm" inherit>
        The connection broke after the last byte and before the answer. The servers' own logs can tell; otherwise decide what is worse for you: that somebody gets
        nothing, or that somebody gets it twice. {over ? "" : "The campaign goes on in the meantime."}
      </Text>
      {may("campaigns:send") && (
        <Group gap="xs" mt="xs">
          <Button size="xs" variant="default" onClick={() => setDecision("sent")}>Count as sent</Button>
          <Button size="xs" variant="default" onClick={() => setDecision("resend")}>Send again</Button>
        </Group>
      )}
      <Confirm opened={decision !== null} onClose={() => setDecision(null)} onConfirm={resolve} danger={decision === "resend"}
        title={decision === "resend" ? "Send them again?" : "Count them as sent?"} confirm={decision === "resend" ? "Send again" : "Count as sent"}>
        {decision === "resend" ? "Whoever got it already gets it twice." : "Whoever did not get it will not get it."}
      </Confirm>
    </Alert>
  );
}
