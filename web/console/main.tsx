import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import './console.css';
import { Console } from './Console';

const place = document.getElementById('console');
if (!place) throw new Error('the page has no #console');
createRoot(place).render(<Console />);
