// One template, new or known: its name and its message.
import { Button, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows } from "../../shared/data-table";
import { Icon } from "../../shared/icons";
import { EMPTY_CONTENT, type EditedContent } from "../../shared/message/content";
import { MessageEditor } from "../../shared/message/message-editor";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";

type Known = Schemas["TemplateAnswer"];

export function NewTemplate() {
  return <Editor template={null} />;
}

export function Template() {
  const { id = "" } = useParams();
  const template = useQuery({ queryKey: ["templates", id], queryFn: () => answer(api.GET("/api/v1/templates/{template_id}", { params: { path: { template_id: id } } })) });
  if (template.isPending) return <LoadingRows />;
  if (template.isError) return <ProblemNotice error={template.error} title="The template could not be read" onRetry={() => void template.refetch()} />;
  return <Editor key={template.data.id} template={template.data} />;
}

function Editor({ template }: { template: Known | null }) {
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [name, setName] = useState(template?.name ?? "");
  const [content, setContent] = useState<EditedContent>({ ...EMPTY_CONTENT, ...template?.content } as EditedContent);
  const save = useMutation({
    mutationFn: () =>
      template
        ? answer(api.PATCH("/api/v1/templates/{template_id}", { params: { path: { template_id: template.id } }, body: { name, content } }))
        : answer(api.POST("/api/v1/templates", { body: { name, content } })),
    onSuccess: async (saved) => {
      queries.setQueryData(["templates", saved.id], saved);
      await queries.invalidateQueries({ queryKey: ["templates"] });
      notifications.show({ message: "Saved", color: "teal" });
      void navigate(`/templates/${saved.id}`, { replace: true });
    },
  });
  const readOnly = !may("campaigns:write");
  const problems = save.error instanceof ProblemError ? save.error.errors : [];
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <PageHeader title={template?.name ?? "New template"} back={{ to: "/templates", label: "Templates" }}
        actions={!readOnly && <>{template && <Remove template={template} />}<Button type="submit" loading={save.isPending}>Save</Button></>} />
      <Stack>
        <TextInput label="Name" required maw="30rem" value={name} readOnly={readOnly} onChange={(event) => setName(event.currentTarget.value)} />
        <ProblemNotice error={save.error} title="The template was not saved" />
        <MessageEditor value={content} onChange={setContent} readOnly={readOnly} problems={problems} />
      </Stack>
    </form>
  );
}

function Remove({ template }: { template: Known }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = async () => {
    await answer(api.DELETE("/api/v1/templates/{template_id}", { params: { path: { template_id: template.id } } }));
    await queries.invalidateQueries({ queryKey: ["templates"] });
    void navigate("/templates");
  };
  return (
    <>
      <Button variant="default" color="red" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title={`Delete the template ${template.name}?`} confirm="Delete the template" danger onConfirm={remove}>
        Campaigns that began with it keep their copy. Programs that send messages of it are refused from now on.
      </Confirm>
    </>
  );
}
