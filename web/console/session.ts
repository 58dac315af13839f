import { createContext, useContext } from 'react';

export interface Me {
  name: string;
  role: string;
  may_change: boolean;
  may_manage_operators: boolean;
  csrf_token: string;
  totp: boolean;
  recovery_codes: number;
}

export const Session = createContext<{ me: Me; reload: () => void; signOut: () => void } | null>(null);

export function useMe(): { me: Me; reload: () => void; signOut: () => void } {
  const session = useContext(Session);
  if (!session) throw new Error('nobody is signed in');
  return session;
}
