// What else can be done with a campaign: another one like it, or none at all.
import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { answer, api } from "../../../api/client";
import { useMay } from "../../../api/session";
import { Confirm } from "../../../shared/confirm";
import { Icon } from "../../../shared/icons";
import type { Campaign } from "../campaign-calls";

export function DraftMenu({ campaign }: { campaign: Campaign }) {
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const path = { params: { path: { campaign_id: campaign.id } } };
  const copy = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/campaigns/{campaign_id}/duplicate", { ...path, body: {} })),
    onSuccess: (made) => navigate(`/campaigns/${made.id}`),
  });
  const remove = async () => {
    await answer(api.DELETE("/api/v1/campaigns/{campaign_id}", path));
    await queries.invalidateQueries({ queryKey: ["campaigns"] });
    void navigate("/campaigns");
  };
  if (!may("campaigns:write")) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="default" size="lg" aria-label="More"><span aria-hidden="true">⋯</span></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => copy.mutate()}>Make a copy</Menu.Item>
          {campaign.status === "draft" && <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={() => setAsking(true)}>Delete the draft</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Confirm opened={asking} onClose={() => setAsking(false)} title="Delete this draft?" confirm="Delete the draft" danger onConfirm={remove}>
        “{campaign.name}” is gone then. Contacts, lists and templates stay.
      </Confirm>
    </>
  );
}
