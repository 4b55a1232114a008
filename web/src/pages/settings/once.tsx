// A secret that is shown once: to be copied now or never.
import { Alert, Button, Code, CopyButton, Group } from "@mantine/core";

import { Icon } from "../../shared/icons";

export function ShownOnce({ title, secret }: { title: string; secret: string }) {
  return (
    <Alert color="teal" title={title} role="status">
      <Group gap="xs">
        <Code block flex={1} className="secret">{secret}</Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => <Button size="xs" variant="default" leftSection={<Icon name={copied ? "check" : "copy"} size={14} />} onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
        </CopyButton>
      </Group>
    </Alert>
  );
}
