// The limits of one campaign, whatever its accounts would allow.
import { Button, Group, Modal, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { useMay } from "../../api/session";
import { count } from "../../shared/format";
import { Card } from "../settings/card";
import { LayerForm } from "./layer-form";
import { LIMITS_KEY, type Layer } from "./layers";

/** Holds from the next message on, also while the campaign is sent. Nothing for people who may not see accounts. */
export function CampaignLimits({ campaignKey }: { campaignKey: string }) {
  const may = useMay();
  const [changing, setChanging] = useState(false);
  const found = useQuery({ queryKey: LIMITS_KEY, queryFn: () => answer(api.GET("/api/v1/limits")), enabled: may("accounts:read") });
  if (!found.data) return null;
  const layer = found.data.items.find((one) => one.for === "campaign" && one.name === campaignKey) ?? null;
  return (
    <Card title="Limits of this campaign" about="Besides the limits of its accounts, of the workspace, and of servers and domains.">
      <Group justify="space-between">
        <Text size="sm" role="status">{layer ? words(layer) : "It has none of its own."}</Text>
        {may("accounts:write") && <Button size="xs" variant="default" onClick={() => setChanging(true)}>{layer ? "Change them" : "Set limits"}</Button>}
      </Group>
      <Modal opened={changing} onClose={() => setChanging(false)} title="Limits of this campaign" closeButtonProps={{ "aria-label": "Close" }}>
        <LayerForm layer={layer} fixed={{ kind: "campaign", name: campaignKey }} onSaved={() => setChanging(false)} />
      </Modal>
    </Card>
  );
}

function words(layer: Layer): string {
  const amounts = [[layer.minute_limit, "a minute"], [layer.hourly_limit, "an hour"], [layer.daily_limit, "a day"], [layer.monthly_limit, "a month"]] as const;
  return `At most ${amounts.filter(([limit]) => limit > 0).map(([limit, word]) => `${count(limit)} ${word}`).join(", ")}, in ${layer.timezone}.`;
}
