// Pause, resume, stop: in force within a second, in every process.
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { sentenceOf } from "../../../api/problem";
import { Confirm } from "../../../shared/confirm";
import { Icon } from "../../../shared/icons";
import { upperFirst } from "../../../shared/problem-notice";
import { useMove, type Move } from "../campaign-calls";

export function CampaignControls({ campaignId, status }: { campaignId: string; status: string }) {
  const move = useMove(campaignId);
  const [asking, setAsking] = useState(false);
  const act = (what: Move) => move.mutate(what, { onError: (error) => notifications.show({ color: "red", title: `It could not be ${what === "pause" ? "paused" : "resumed"}`, message: `${upperFirst(sentenceOf(error))}.` }) });
  const pausable = status === "running" || status === "paused_limits";
  const resumable = status === "paused" || status === "paused_health";
  return (
    <Group gap="xs">
      {pausable && <Button variant="default" leftSection={<Icon name="pause" size={16} />} loading={move.isPending} onClick={() => act("pause")}>Pause</Button>}
      {resumable && <Button leftSection={<Icon name="play" size={16} />} loading={move.isPending} onClick={() => act("resume")}>Resume</Button>}
      {(pausable || resumable) && <Button variant="default" leftSection={<Icon name="stop" size={16} />} onClick={() => setAsking(true)}>Stop</Button>}
      <Confirm opened={asking} onClose={() => setAsking(false)} title="Stop this campaign for good?" confirm="Stop the campaign" danger onConfirm={() => move.mutateAsync("stop")}>
        What has not been sent is cancelled and will not be sent. To go on later, pause it instead.
      </Confirm>
    </Group>
  );
}
