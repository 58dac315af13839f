import { createContext, useContext } from 'react';
import type { Me } from './types';


export const Session = createContext<{ me: Me; reload: () => void; signOut: () => void } | null>(null);

export function useMe(): { me: Me; reload: () => void; signOut: () => void } {
  const session = useContext(Session);
  if (!session) throw new Error('nobody is signed in');
  return session;
}
