// A question before something that cannot be taken back.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { ProblemNotice } from "./problem-notice";

interface ConfirmProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** The verb of what will happen: "Stop the campaign". */
  confirm: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** Closes when it worked; stays and says why when it did not. */
export function Confirm({ opened, onClose, title, children, confirm, danger = false, onConfirm }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setError(null);
    onClose();
  };
  const act = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text component="div">{children}</Text>
        <ProblemNotice error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button color={danger ? "red" : undefined} loading={busy} onClick={() => void act()}>{confirm}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
